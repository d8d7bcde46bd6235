#include "replay/read_stage.h"

#include <climits>

#include <gmock/gmock.h>

#include "base/log.h"
#include "crash/fake_clock.h"
#include "crash/fake_storage.h"
#include "model/key.h"
#include "model/prefix_hash.h"
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
    files_.push_back(
        {.path = path, .size = bytes.size(), .list_position = static_cast<int>(files_.size())});
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
  std::vector<FileItem> files_;
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
  EXPECT_EQ(read.batches[2].after.byte, 6u);
  EXPECT_EQ(read.batches[2].after.line, 3u);
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

TEST_F(ReadStageTest, AFileReplacedBehindAnEqualTagFailsWhereItsBytesBeforeThePlaceDiffer) {
  Add("a", "a\nb\nc\nd\n");
  const FilePlace place = Read().batches[0].after;
  ASSERT_EQ(place.byte, 4u);
  EXPECT_EQ(Read({place, HashText("v1")}).Letters(), "cd|$") << "the same bytes";
  storage_.objects["a"].bytes = "a\nb\nx\nd\n";
  EXPECT_EQ(Read({place, HashText("v1")}).Letters(), "xd|$") << "what lies behind is not known";
  for (const std::string bytes : {"x\nb\nc\nd\n", "a\nx\nc\nd\n"}) {
    storage_.objects["a"].bytes = bytes;
    const Drained read = Read({place, HashText("v1")});
    ASSERT_EQ(read.Letters(), "$");
    EXPECT_EQ(read.batches[0].end->state, FileEnd::State::kFailed);
    EXPECT_EQ(read.batches[0].end->error.code, Code::kChanged);
    EXPECT_EQ(read.batches[0].after, place) << "a later try knows what was there";
  }
}

TEST_F(ReadStageTest, AFileIsReadOnWithTheHashOfWhatLiesBefore) {
  const std::string text = "a\nbb\n" + std::string(5'000, 'c') + "\n" + std::string(30, '\n') + "d";
  Add("a", text);
  settings_.max_line_bytes = 2'000;  // c is dropped as it comes
  PrefixHash whole;
  whole.Add(text);
  const Drained read = Read();
  for (const Batch& batch : read.batches) {
    PrefixHash before;
    before.Add(std::string_view(text).substr(0, batch.after.byte));
    EXPECT_EQ(batch.after.hash.value, before.Value()) << batch.after.byte;
    const Drained rest = Read({batch.after, HashText("v1")});
    EXPECT_EQ(rest.batches.back().end->state, FileEnd::State::kDone) << batch.after.byte;
    EXPECT_EQ(rest.batches.back().after.hash.value, whole.Value()) << batch.after.byte;
  }
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
  EXPECT_EQ(read.batches[1].after.byte, 4u);
  EXPECT_EQ(read.batches[1].after.line, 2u);
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
  EXPECT_EQ(read.batches[1].begin.byte, 4u);
  EXPECT_EQ(read.batches[1].lines[0].number, 4u);
  EXPECT_EQ(read.batches[3].uncounted_bytes, 0u);
}

// What of a file an item hands out: each line with its first byte; the books must add up.
using PlacedLine = std::pair<std::uint64_t, std::string>;
std::vector<PlacedLine> LinesOf(const Drained& read) {
  std::vector<PlacedLine> lines;
  std::uint64_t counted = 0, uncounted = 0;
  for (const Batch& batch : read.batches) {
    uncounted += batch.uncounted_bytes;
    for (const Line& line : batch.lines) {
      lines.emplace_back(line.first_byte, std::string(line.text, line.size));
      counted += line.end_byte - line.first_byte;
    }
    EXPECT_EQ(batch.after.byte, counted + uncounted);
  }
  EXPECT_EQ(read.batches.back().end->state, FileEnd::State::kDone);
  return lines;
}

constexpr char kOddLines[] = "\xEF\xBB\xBF{1}\r\n\n{22}\n\r\n{333 4444 55555}\n{6}\n\n\n{7}\r\n{8}";

TEST_F(ReadStageTest, PartsCutAtEverySizeOwnEachLineOnce) {
  Add("a", kOddLines);
  const std::vector<PlacedLine> whole = LinesOf(Read());
  ASSERT_EQ(whole.size(), 10u);
  const std::uint64_t size = files_[0].size;
  for (std::uint64_t length = 1; length <= size + 1; ++length) {
    SCOPED_TRACE(length);
    std::vector<PlacedLine> parts;
    for (std::uint64_t offset = 0; offset < size; offset += length) {
      files_[0].offset = offset;
      files_[0].length = length;
      for (PlacedLine& line : LinesOf(Read())) {
        EXPECT_TRUE(line.first >= offset && line.first < offset + length);
        parts.push_back(std::move(line));
      }
    }
    EXPECT_EQ(parts, whole);
  }
}

TEST_F(ReadStageTest, APartWithoutALengthReachesToTheEnd) {
  Add("a", "a\nb\nc\nd\n");
  files_[0].offset = 3;
  EXPECT_EQ(Read().Letters(), "c|d|$");
}

TEST_F(ReadStageTest, APartIsResumedAtEveryPlaceWithinIt) {
  Add("a", kOddLines);
  files_[0].offset = 9;
  files_[0].length = 20;
  const std::vector<PlacedLine> whole = LinesOf(Read());
  ASSERT_EQ(whole.size(), 3u);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const Drained rest = Read({{whole[i].first, i, {}}, HashText("v1")});
    std::vector<std::uint64_t> found;
    for (const Batch& batch : rest.batches) {
      for (const Line& line : batch.lines) found.push_back(line.first_byte);
    }
    ASSERT_EQ(found.size(), whole.size() - i);
    EXPECT_EQ(found.front(), whole[i].first);
  }
}

TEST_F(ReadStageTest, RangesOwnTheLinesThatBeginInThem) {
  Add("a", "a\nb\nc\nd\ne\nf\n");
  files_[0].ranges = {{2, 1}, {5, 2}, {10, 100}};
  const Drained read = Read();
  std::vector<PlacedLine> wanted = {{2, "b"}, {6, "d"}, {10, "f"}};
  EXPECT_EQ(LinesOf(read), wanted);
  EXPECT_EQ(read.batches[0].lines[0].number, 2u);
}

TEST_F(ReadStageTest, NothingIsReadPastTheLastRange) {
  Add("a", "a\nb\nc\nd\ne\nf\n");
  files_[0].ranges = {{2, 2}};
  Break("a", 9, INT_MAX, Remedy::kCount);
  EXPECT_EQ(Read().Letters(), "b|$");
}

LineSet SetOf(std::initializer_list<std::uint64_t> numbers) {
  LineBits bits;
  for (const std::uint64_t number : numbers) bits.Add(number);
  return LineSet(std::move(bits));
}

TEST_F(ReadStageTest, OfAFileWithASetTheLinesOfTheSetAloneAreHandedOn) {
  settings_.batch_bytes = storage_.chunk = 1024;
  Add("a", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
  files_[0].line_set = SetOf({2, 3, 5, 9});
  const Drained read = Read();
  std::vector<PlacedLine> wanted = {{2, "b"}, {4, "c"}, {8, "e"}, {16, "i"}};
  EXPECT_EQ(LinesOf(read), wanted);
  EXPECT_EQ(read.batches[0].uncounted_bytes, 12u);
  files_[0].ranges = {{4, 10}};
  wanted = {{4, "c"}, {8, "e"}};
  EXPECT_EQ(LinesOf(Read()), wanted);
}

TEST_F(ReadStageTest, AfterEachLineOfASetReadingGoesOnWhereTheBytesBeforeItAreTheSame) {
  settings_.batch_bytes = storage_.chunk = 1024;
  const std::string bytes = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
  Add("a", bytes);
  files_[0].line_set = SetOf({2, 3, 5, 9});
  const Drained read = Read();
  const Batch& batch = read.batches[0];
  const std::vector<std::uint64_t> expected = {2, 3, 5, 9};
  ASSERT_EQ(batch.lines.size(), expected.size());
  for (std::size_t i = 0; i < batch.lines.size(); ++i) {
    SCOPED_TRACE(i);
    const ReadStart start{PlaceAfter(batch, i), HashText("v1")};
    storage_.objects["a"].bytes = bytes;
    const Drained rest = Read(start);
    EXPECT_EQ(rest.batches.back().end->state, FileEnd::State::kDone);
    std::vector<std::uint64_t> numbers;
    for (const Batch& more : rest.batches) {
      for (const Line& line : more.lines) numbers.push_back(line.number);
    }
    EXPECT_EQ(numbers,
              std::vector(expected.begin() + static_cast<std::ptrdiff_t>(i) + 1, expected.end()));
    storage_.objects["a"].bytes[0] = 'x';
    EXPECT_EQ(Read(start).batches.back().end->state, FileEnd::State::kFailed);
  }
}

TEST_F(ReadStageTest, ASetThatWasNotLoadedIsNeverTakenForAllLinesOrForNone) {
  Add("a", "a\nb\n");
  files_[0].line_set = LineSet::Named(std::string(64, '0'));
  EXPECT_THAT(Read().batches[0].end->error.what, HasSubstr("is not known"));
}

TEST_F(ReadStageTest, AnItemPinnedByEtagOrSizeFailsInAnotherVersion) {
  Add("a", "a\nb\n");
  files_[0].etag = "v0";
  EXPECT_EQ(Read().batches[0].end->error.code, Code::kChanged);
  files_[0].etag = "v1";
  EXPECT_EQ(Read().Letters(), "ab|$");
  files_[0].size = 5;
  EXPECT_EQ(Read().batches[0].end->error.code, Code::kChanged);
}

TEST_F(ReadStageTest, AnOffsetIntoACompressedFileIsRefused) {
  Add("a", "\x1f\x8b\x08 and more bytes of a gzip member");
  files_[0].offset = 5;
  const Drained read = Read();
  ASSERT_EQ(read.Letters(), "$");
  EXPECT_THAT(read.batches[0].end->error.what, HasSubstr("compressed"));
  EXPECT_THAT(read.batches[0].end->error.hint, HasSubstr("ranges"));
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
