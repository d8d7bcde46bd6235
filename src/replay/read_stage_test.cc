#include "replay/read_stage.h"

#include <climits>

#include <gmock/gmock.h>

#include "base/log.h"
#include "crash/fake_clock.h"
#include "crash/fake_storage.h"
#include "model/key.h"
#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

using test::FakeStorage;
using ::testing::HasSubstr;

class ReadStageTest : public ::testing::Test {
 protected:
  ReadStageTest() {
    SetUpLog(LogLevel::kOff, LogFormat::kText, {});
    settings_.batch_bytes = storage_.chunk = 4;
  }
  void Add(const std::string& path, const std::string& bytes) {
    storage_.objects[path].bytes = bytes;
    files_.push_back({static_cast<int>(files_.size()), {path, bytes.size(), "", ""}});
  }
  void Break(const std::string& path, std::uint64_t at, int times, Remedy remedy) {
    storage_.objects[path].breakage = {at, times, test::ReadError(remedy)};
  }
  ReadStage Stage(ReadStart start = {}) {
    return ReadStage(storage_, clock_, files_, std::move(start), config_, settings_,
                     stop_.get_token());
  }
  Drained Read(ReadStart start = {}) {
    ReadStage stage = Stage(std::move(start));
    return Drain(stage);
  }
  Milliseconds Waited() {
    return std::chrono::duration_cast<Milliseconds>(clock_.Now() - started_);
  }

  test::FakeClock clock_;
  const SteadyTime started_ = clock_.Now();
  FakeStorage storage_;
  std::vector<AssignedFile> files_;
  JobConfig config_;
  Settings settings_;
  std::stop_source stop_;
};

TEST_F(ReadStageTest, FilesComeInOrderAndEachEndIsABatchOfItsOwn) {
  Add("a", "a\nb\nc\n");
  Add("empty", "");
  Add("d", "d\n");
  const Drained read = Read();
  EXPECT_EQ(read.Letters(), "ab|c|$|$|d|$");
  EXPECT_EQ(read.batches[0].file_key, FileKeyOf("a"));
  EXPECT_EQ(read.batches[0].version_tag, "v1");
  EXPECT_EQ(read.batches[2].after, (FilePlace{6, 3, {}}));
  EXPECT_EQ(read.batches[4].list_position, 2);
  EXPECT_EQ(read.batches[5].end->state, FileEnd::State::kDone);
}

TEST_F(ReadStageTest, TheStartIsOfTheFirstFileAlone) {
  Add("a", "a\nb\nc\n");
  Add("d", "d\ne\n");
  const Drained read = Read({{4, 2, {}}, HashText("v1")});
  EXPECT_EQ(read.Letters(), "c|$|de|$");
  EXPECT_EQ(read.batches[0].lines[0].number, 3u);
  EXPECT_EQ(read.batches[2].lines[0].number, 1u);
}

TEST_F(ReadStageTest, AnotherVersionThanThePinnedOneFailsTheFileAndNamesTheLine) {
  Add("a", "a\nb\nc\n");
  const Drained read = Read({{4, 2, {}}, HashText("v0")});
  ASSERT_EQ(read.Letters(), "$");
  const FileEnd& end = *read.batches[0].end;
  EXPECT_EQ(end.state, FileEnd::State::kFailed);
  EXPECT_EQ(end.error.code, Code::kChanged);
  EXPECT_THAT(end.error.hint, HasSubstr("start_line 3"));
  EXPECT_EQ(read.batches[0].after.byte, 4u);
}

TEST_F(ReadStageTest, WhatMayPassIsReadAgainFromTheLastGoodLine) {
  Add("a", "a\nb\nc\nd\n");
  Break("a", 5, 2, Remedy::kRetry);
  const Drained read = Read();
  EXPECT_EQ(read.Letters(), "ab|cd|$");
  EXPECT_EQ(Waited(), settings_.retry_wait * 3) << "once, then twice the wait";
}

TEST_F(ReadStageTest, AfterRetryAttemptsWithoutProgressTheFileFailsAndTheNextBegins) {
  Add("a", "a\nb\nc\nd\n");
  Add("e", "e\n");
  Break("a", 5, INT_MAX, Remedy::kRetry);
  config_.retry_attempts = 3;
  const Drained read = Read();
  EXPECT_EQ(read.Letters(), "ab|$|e|$");
  EXPECT_EQ(read.batches[1].end->state, FileEnd::State::kFailed);
  EXPECT_EQ(read.batches[1].end->error.what, "read: connection reset");
  EXPECT_EQ(read.batches[1].after, (FilePlace{4, 2, {}}));
  EXPECT_EQ(INT_MAX - storage_.objects["a"].breakage.times, 3);
}

TEST_F(ReadStageTest, ProgressBeginsTheCountAnew) {
  Add("a", "a\nb\nc\nd\n");
  config_.retry_attempts = 2;
  Break("a", 3, 1, Remedy::kRetry);
  ReadStage stage = Stage();
  EXPECT_TRUE(stage.Next(SteadyTime::max()));
  Break("a", 7, 1, Remedy::kRetry);
  const Drained read = Drain(stage);
  EXPECT_EQ(read.batches.back().end->state, FileEnd::State::kDone);
  EXPECT_EQ(read.batches.back().after.line, 4u);
}

TEST_F(ReadStageTest, WhatWillNotPassIsNotTriedAgain) {
  Add("a", "a\nb\nc\n");
  Break("a", 5, INT_MAX, Remedy::kCount);
  EXPECT_EQ(Read().Letters(), "ab|$");
  EXPECT_EQ(Waited(), Milliseconds(0));
  EXPECT_EQ(INT_MAX - storage_.objects["a"].breakage.times, 1);
}

TEST_F(ReadStageTest, AnObjectReplacedBetweenTriesIsNotReadOn) {
  Add("a", "a\nb\nc\nd\n");
  Break("a", 5, 1, Remedy::kRetry);
  ReadStage stage = Stage();
  EXPECT_TRUE(stage.Next(SteadyTime::max()));
  storage_.objects["a"].version = "v2";
  const Drained read = Drain(stage);
  EXPECT_EQ(read.Letters(), "$");
  EXPECT_EQ(read.batches[0].end->error.code, Code::kChanged);
}

TEST_F(ReadStageTest, LinesBeforeStartLineAreDroppedAndTheirBytesNotCounted) {
  Add("a", "a\nb\nc\nd\n");
  Add("e", "e\nf\n");
  config_.start_file = "a";
  config_.start_line = 4;
  const Drained read = Read();
  EXPECT_EQ(read.Letters(), "|d|$|ef|$");
  EXPECT_EQ(read.batches[0].uncounted_bytes, 4u);
  EXPECT_EQ(read.batches[1].uncounted_bytes, 2u);
  EXPECT_EQ(read.batches[1].begin, (FilePlace{6, 3, {}}));
  EXPECT_EQ(read.batches[1].lines[0].number, 4u);
  EXPECT_EQ(read.batches[3].uncounted_bytes, 0u);
}

TEST_F(ReadStageTest, AStopRequestEndsItAtTheNextBatch) {
  Add("a", "a\nb\nc\n");
  ReadStage stage = Stage();
  EXPECT_TRUE(stage.Next(SteadyTime::max()));
  stop_.request_stop();
  const auto next = stage.Next(SteadyTime::max());
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Code::kStopped);
}

}  // namespace
}  // namespace reprocess
