#include "replay/filter_stage.h"

#include <gmock/gmock.h>

#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;

const std::string kGood = R"({"n":1})", kBad = "{";

class FilterStageTest : public ::testing::Test {
 protected:
  Drained Judge(std::vector<Batch> batches, std::uint64_t left = UINT64_MAX) {
    auto script = std::make_unique<Script>(std::move(batches));
    script_ = script.get();
    stage_ = std::make_unique<FilterStage>(std::move(script), filter_, isolation_, left);
    return Drain(*stage_);
  }
  static std::vector<Verdict> VerdictsOf(const Batch& batch) {
    std::vector<Verdict> verdicts;
    for (const Line& line : batch.lines) verdicts.push_back(line.verdict);
    return verdicts;
  }

  const JobConfig config_;
  Filter filter_{config_, nullptr, UINT64_MAX};
  Isolation isolation_{1};
  std::unique_ptr<FilterStage> stage_;
  Script* script_ = nullptr;
};

TEST_F(FilterStageTest, EachLineGetsTheFiltersVerdict) {
  const Drained judged = Judge({BatchOfLines({kGood, kBad, " ", kGood})});
  ASSERT_EQ(judged.batches.size(), 1u);
  EXPECT_THAT(VerdictsOf(judged.batches[0]),
              ElementsAre(Verdict::kSend, Verdict::kError, Verdict::kSkip, Verdict::kSend));
}

TEST_F(FilterStageTest, TheLimitCutsABatchAtItsLastMessageAndEndsTheFile) {
  const Batch first = BatchOfLines({kGood, kBad, kGood, kBad, kGood});
  const Drained judged = Judge({first, BatchOfLines({kGood}, {0, first.after.byte, 5})}, 2);
  ASSERT_EQ(judged.batches.size(), 1u);
  const Batch& cut = judged.batches[0];
  EXPECT_THAT(VerdictsOf(cut), ElementsAre(Verdict::kSend, Verdict::kError, Verdict::kSend));
  EXPECT_EQ(cut.after, (FilePlace{cut.lines[2].end_byte, 3, {}}));
  ASSERT_TRUE(cut.end);
  EXPECT_EQ(cut.end->state, FileEnd::State::kPartial);
  EXPECT_EQ(script_->pulls, 1) << "what lies behind it is not read";
}

TEST_F(FilterStageTest, TheLimitGoesOnFromBatchToBatch) {
  const Drained judged =
      Judge({BatchOfLines({kGood, kBad}), BatchOfLines({kBad, kGood, kGood})}, 2);
  ASSERT_EQ(judged.batches.size(), 2u);
  EXPECT_FALSE(judged.batches[0].end);
  EXPECT_EQ(judged.batches[1].lines.size(), 2u);
}

TEST_F(FilterStageTest, ALimitOfNothingReadsNothing) {
  EXPECT_TRUE(Judge({BatchOfLines({kGood})}, 0).batches.empty());
  EXPECT_EQ(script_->pulls, 0);
}

TEST_F(FilterStageTest, ARecordThatKafkaRefusedIsAnErrorLine) {
  const Batch first = BatchOfLines({kGood, kGood, kBad}, {3, 100, 7});
  const std::uint64_t second_line = first.lines[1].first_byte;
  isolation_.Blame({{3, second_line}, {Reason::kTooLarge, "deliver: too large"}});
  isolation_.Blame({{3, first.lines[2].first_byte}, {Reason::kRefused, "not a message at all"}});
  isolation_.Blame({{2, first.lines[0].first_byte}, {Reason::kRefused, "of another file"}});
  isolation_.Blame({{3, first.after.byte}, {Reason::kRefused, "of the next batch"}});
  const Drained judged = Judge({first, BatchOfLines({kGood}, {3, first.after.byte, 10})});
  ASSERT_EQ(judged.batches.size(), 2u);
  const Batch& batch = judged.batches[0];
  EXPECT_THAT(VerdictsOf(batch), ElementsAre(Verdict::kSend, Verdict::kError, Verdict::kError));
  EXPECT_EQ(batch.lines[1].reason, Reason::kTooLarge);
  EXPECT_EQ(batch.messages[batch.lines[1].message - 1], "deliver: too large");
  EXPECT_EQ(batch.lines[2].reason, Reason::kInvalidJson);
  EXPECT_THAT(VerdictsOf(judged.batches[1]), ElementsAre(Verdict::kError));
}

TEST_F(FilterStageTest, ARefusedRecordUsesUpNothingOfTheLimit) {
  const Batch batch = BatchOfLines({kGood, kGood, kGood});
  isolation_.Blame({{0, 0}, {Reason::kRefused, "refused"}});
  const Drained judged = Judge({batch}, 2);
  EXPECT_EQ(judged.batches[0].lines.size(), 3u);
}

}  // namespace
}  // namespace reprocess
