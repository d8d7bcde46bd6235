#include "plan/sample.h"

#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/object_for_tests.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using Objects = std::map<std::string, std::string>;

class Memory final : public Storage {
 public:
  explicit Memory(const Objects& objects) : objects_(objects) {}
  Result<OpenedObject> Open(const FileItem& item, std::uint64_t offset, std::string_view,
                            const std::stop_token&) override {
    opened.push_back(item.path);
    const auto found = objects_.find(item.path);
    if (found == objects_.end()) return Fatal("open: no such file", item.path);
    return OpenedObject{std::make_unique<FakeSource>(found->second, offset, 64 << 10), "v",
                        found->second.size()};
  }
  Result<std::vector<ListedObject>> List(std::string_view path) override {
    return Fatal("list: not part of this test", std::string(path));
  }
  std::vector<std::string> opened;

 private:
  const Objects& objects_;
};

std::string Lines(int count, const std::string& stream) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += fmt::format(R"({{"origin":{{"sourceId":"{}"}},"number":"{:06}"}})"
                        "\n",
                        stream, i);
  }
  return text;
}

PlannedFiles Planned(const Objects& objects) {
  PlannedFiles files;
  for (const auto& [path, text] : objects) {
    files.push_back({FileItem{.path = path, .size = text.size()}, "v"});
  }
  return files;
}

PlanSample Sampled(const Objects& objects, Memory& storage, JobConfig config = {}) {
  auto sample = SamplePlan(Planned(objects), std::move(config), nullptr, Settings{}, storage, {});
  EXPECT_TRUE(sample) << sample.error().ToString();
  return *std::move(sample);
}

TEST(Sample, OfSmallFilesEveryLineIsCounted) {
  const Objects objects{{"a_2026_05_01T10_00_00.ndjson", Lines(30, "s1") + "no JSON\n"},
                        {"b_2026_05_02T10_00_00.ndjson", Lines(10, "s2")}};
  Memory storage(objects);
  const PlanSample sample = Sampled(objects, storage);
  EXPECT_TRUE(sample.whole);
  EXPECT_EQ(sample.lines, 41U);
  EXPECT_EQ(sample.sent, 40U);
  EXPECT_EQ(sample.errors, 1U);
  EXPECT_EQ(sample.streams.at("s1").lines, 30U);
  EXPECT_FALSE(sample.destinations_checked);
}

TEST(Sample, OfALongFileTheBeginningStandsForTheRest) {
  const Objects objects{{"long.ndjson", Lines(100'000, "s1")}};
  Memory storage(objects);
  const PlanSample sample = Sampled(objects, storage);
  EXPECT_FALSE(sample.whole);
  EXPECT_NEAR(static_cast<double>(sample.lines), 100'000, 100);
  EXPECT_LT(sample.streams.at("s1").lines, 20'000U);
}

TEST(Sample, OfManyFilesAFewAreReadFromFirstToLast) {
  Objects objects;
  for (int i = 0; i < 100; ++i) objects[fmt::format("f{:02}.ndjson", i)] = Lines(10, "s");
  Memory storage(objects);
  const PlanSample sample = Sampled(objects, storage);
  EXPECT_EQ(storage.opened.size(), kSampledFiles);
  EXPECT_EQ(storage.opened.front(), "f00.ndjson");
  EXPECT_EQ(storage.opened.back(), "f99.ndjson");
  EXPECT_FALSE(sample.whole);
  EXPECT_EQ(sample.lines, 1'000U);
}

TEST(Sample, DaysAreThoseOfAllNames) {
  const Objects objects{{"a_2026_05_01T10_00_00.ndjson", Lines(1, "s")},
                        {"b_2026_05_01T23_00_00.ndjson", Lines(1, "s")},
                        {"other.ndjson", Lines(1, "s")}};
  Memory storage(objects);
  const PlanSample sample = Sampled(objects, storage);
  EXPECT_EQ(sample.days.at("2026-05-01").files, 2U);
  EXPECT_EQ(sample.days.at(kNoName).files, 1U);
}

TEST(Sample, LinesAreShownWithWhatWouldBecomeOfThem) {
  const Objects objects{{"a.ndjson", Lines(20, "s1") + "no JSON\n" + Lines(1, "other")}};
  Memory storage(objects);
  JobConfig config;
  config.stream_ids = {"s1"};
  const PlanSample sample = Sampled(objects, storage, config);
  std::map<std::string, int> verdicts;
  for (const SampleLine& line : sample.samples) ++verdicts[line.verdict];
  EXPECT_THAT(verdicts, ElementsAre(Pair("invalid_json", 1), Pair("sent", 5), Pair("stream", 1)));
}

TEST(Sample, AFileThatCannotBeReadIsToldAndTheOthersCount) {
  const Objects objects{{"a.ndjson", Lines(10, "s")}};
  Memory storage(objects);
  auto files = Planned(objects);
  files.push_back({FileItem{.path = "gone.ndjson", .size = 400}, "v"});
  const auto sample = SamplePlan(files, {}, nullptr, Settings{}, storage, {});
  ASSERT_TRUE(sample);
  EXPECT_THAT(sample->warnings, ElementsAre(HasSubstr("gone.ndjson: open: no such file")));
  EXPECT_FALSE(sample->whole);
}

}  // namespace
}  // namespace reprocess
