#include "replay/isolation.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// Refuses the records at certain bytes, and more than `most` together.
class ScriptedProbe final : public Probe {
 public:
  Result<std::optional<Error>> Try(const Batch& batch, std::size_t from, std::size_t to,
                                   const std::stop_token&) override {
    if (fails_at == ++tries) {
      return std::unexpected(Error{.remedy = Remedy::kWait, .what = "deliver: nobody answers"});
    }
    std::size_t count = 0;
    bool bad = false;
    for (std::size_t i = from; i < to; ++i) {
      if (batch.lines[i].verdict != Verdict::kSend) continue;
      ++count;
      bad = bad || refused.contains({batch.list_position, batch.lines[i].first_byte});
    }
    if (!bad && count <= most) return std::nullopt;
    ++refusals;
    return Error{.remedy = Remedy::kIsolate, .what = "deliver: too large", .code = Code::kTooLarge};
  }

  std::set<LinePlace> refused;
  std::size_t most = SIZE_MAX;
  int fails_at = 0, tries = 0, refusals = 0;
};

class IsolationTest : public ::testing::Test {
 protected:
  Result<void> Find(std::vector<Batch> batches, LinePlace last = {INT32_MAX, 0}) {
    Script script(std::move(batches));
    return FindRefused(script, probe_, last, refusals_, {});
  }
  std::vector<LinePlace> Found() const {
    std::vector<LinePlace> found;
    for (const auto& [place, refusal] : refusals_) found.push_back(place);
    return found;
  }
  // One file, in batches of a thousand.
  static std::vector<Batch> Messages(std::size_t batches) {
    std::vector<Batch> all;
    for (std::size_t i = 0; i < batches; ++i) {
      all.push_back(
          JudgedBatch(std::string(1'000, 'g'), {0, i * 1'000 * kJudgedLineBytes, i * 1'000}));
    }
    return all;
  }

  ScriptedProbe probe_;
  Refusals refusals_;
};

TEST_F(IsolationTest, WhatIsRefusedAloneIsFoundAndNothingElse) {
  probe_.refused = {{0, 0}, {0, 30}, {0, 40}, {1, 20}};
  const Batch first = JudgedBatch("gbggg.g"), second = JudgedBatch("g.gu", {1});
  ASSERT_TRUE(Find({first, EndAfter(first), second, EndAfter(second)}));
  EXPECT_THAT(Found(), ElementsAreArray(probe_.refused));
  EXPECT_EQ(refusals_.begin()->second.reason, Reason::kTooLarge);
  EXPECT_EQ(refusals_.begin()->second.message, "deliver: too large");
}

TEST_F(IsolationTest, NothingIsTriedBehindTheLastRecord) {
  probe_.refused = {{0, 20}, {0, 30}};
  const Batch first = JudgedBatch("gggg");
  ASSERT_TRUE(Find({first, JudgedBatch("gggg", {0, 40, 4})}, {0, 20}));
  EXPECT_THAT(Found(), ElementsAre(LinePlace{0, 20}));
}

TEST_F(IsolationTest, FewTriesFindOneAmongMany) {
  probe_.refused = {{0, 123'450}};
  ASSERT_TRUE(Find(Messages(20)));
  EXPECT_THAT(Found(), ElementsAreArray(probe_.refused));
  EXPECT_LE(probe_.refusals, 3);
  EXPECT_LE(probe_.tries, 150);
}

TEST_F(IsolationTest, ManyCostLittleMoreThanOneRefusalEach) {
  for (std::uint64_t i = 20; i < 4'000; i += 43) probe_.refused.insert({0, i * kJudgedLineBytes});
  ASSERT_TRUE(Find(Messages(4)));
  EXPECT_THAT(Found(), ElementsAreArray(probe_.refused));
  EXPECT_EQ(probe_.refused.size(), 93u);
  EXPECT_LE(probe_.refusals, 100);
}

TEST_F(IsolationTest, WhereAllAreRefusedEachIsTriedAlone) {
  for (std::uint64_t i = 0; i < 1'000; ++i) probe_.refused.insert({0, i * kJudgedLineBytes});
  ASSERT_TRUE(Find(Messages(1)));
  EXPECT_EQ(refusals_.size(), 1'000u);
  EXPECT_LE(probe_.refusals, 1'010);
}

TEST_F(IsolationTest, RecordsThatAreRefusedTogetherAreNotToBlame) {
  probe_.most = 5;
  probe_.refused = {{0, 700}};
  ASSERT_TRUE(Find(Messages(2)));
  EXPECT_THAT(Found(), ElementsAreArray(probe_.refused));
  EXPECT_LE(probe_.refusals, 10) << "smaller tries from then on";
}

TEST_F(IsolationTest, WhatWasFoundBeforeAProbeFailsStays) {
  probe_.refused = {{0, 20}, {0, 40}};
  probe_.fails_at = 5;
  const Result<void> found = Find({JudgedBatch("ggggg")});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().remedy, Remedy::kWait);
  EXPECT_THAT(Found(), ElementsAre(LinePlace{0, 20}));
}

}  // namespace
}  // namespace reprocess
