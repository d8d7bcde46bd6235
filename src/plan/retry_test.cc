#include "plan/retry.h"

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

FileRow File(FileState state, std::uint64_t place) {
  FileRow file;
  file.path = "/a";
  file.size = 1'000;
  file.version_tag = "v1";
  file.state = state;
  file.place.byte = place;
  return file;
}

const std::vector<ErrorRange> kErrors = {{0, 10, 1, Reason::kInvalidJson, false},
                                         {10, 30, 2, Reason::kUnknownStream, false},
                                         {50, 60, 1, Reason::kUnknownStream, false},
                                         {60, 90, 2, Reason::kUnknownStream, true}};

RetryRequest Of(bool lines, bool files, std::optional<Reason> reason = std::nullopt) {
  return {.job_id = "job", .lines = lines, .files = files, .reason = reason};
}

TEST(Covers, IsWhereEveryByteOfOneIsAByteOfTheOther) {
  const auto of = [](std::vector<ByteRange> ranges) {
    return FileItem{.path = "/a", .ranges = std::move(ranges)};
  };
  EXPECT_TRUE(Covers(of({{0, 30}, {50, 10}}), of({{0, 30}, {50, 10}})));
  EXPECT_TRUE(Covers(of({{0, 30}, {50, 10}}), of({{10, 20}})));
  EXPECT_TRUE(Covers(FileItem{.path = "/a"}, of({{10, 20}})));
  EXPECT_FALSE(Covers(of({{10, 20}}), FileItem{.path = "/a"}));
  EXPECT_FALSE(Covers(of({{0, 30}}), of({{0, 31}})));
  EXPECT_FALSE(Covers(of({{5, 30}}), of({{0, 10}})));
}

TEST(ItemToRetry, IsTheExactRowsPinnedToTheVersionThatWasRead) {
  const FileItem item = ItemToRetry(File(FileState::kDone, 1'000), kErrors, Of(true, true));
  EXPECT_THAT(item.ranges, ElementsAre(ByteRange{0, 30}, ByteRange{50, 10}));
  EXPECT_EQ(item.path, "/a");
  EXPECT_EQ(item.etag, "v1");
}

TEST(ItemToRetry, OfOneReasonIsItsRowsAlone) {
  const auto request = Of(true, false, Reason::kUnknownStream);
  EXPECT_THAT(ItemToRetry(File(FileState::kFailed, 500), kErrors, request).ranges,
              ElementsAre(ByteRange{10, 20}, ByteRange{50, 10}));
}

TEST(ItemToRetry, OfAFailedFileGoesOnFromItsPlaceWithinWhatTheJobOwned) {
  FileRow file = File(FileState::kFailed, 500);
  EXPECT_THAT(ItemToRetry(file, kErrors, Of(false, true)).ranges,
              ElementsAre(ByteRange{500, UINT64_MAX - 500}));
  file.ranges = {{100, 100}, {450, 100}, {700, 10}};
  EXPECT_THAT(ItemToRetry(file, {}, Of(true, true)).ranges,
              ElementsAre(ByteRange{500, 50}, ByteRange{700, 10}));
}

TEST(ItemToRetry, OfAFileThatFailedBeforeItsFirstLineIsTheFileInAnyVersion) {
  const FileItem item = ItemToRetry(File(FileState::kFailed, 0), {}, Of(true, true));
  EXPECT_EQ(item.path, "/a");
  EXPECT_THAT(item.ranges, IsEmpty());
  EXPECT_EQ(item.etag, "");
}

TEST(ItemToRetry, OfAFileOfWhichASetOfLinesIsSentIsTheRestOfTheSet) {
  FileRow file = File(FileState::kFailed, 500);
  file.line_set = LineSet(LineBits("\x05"));
  FileItem item = ItemToRetry(file, kErrors, Of(true, true));
  EXPECT_THAT(item.ranges,
              ElementsAre(ByteRange{0, 30}, ByteRange{50, 10}, ByteRange{500, UINT64_MAX - 500}));
  EXPECT_EQ(item.line_set, file.line_set);
  file.place = {};
  item = ItemToRetry(file, kErrors, Of(true, true));
  EXPECT_EQ(item.line_set, file.line_set);
  EXPECT_EQ(item.etag, "v1") << "in another version other lines have these numbers";
}

TEST(ItemToRetry, OfAPartOfAFileIsThatPartInItsOwnVersionAlone) {
  FileRow file = File(FileState::kFailed, 0);
  file.ranges = {{100, 100}, {450, 100}};
  FileItem item = ItemToRetry(file, {}, Of(true, true));
  EXPECT_THAT(item.ranges, ElementsAre(ByteRange{100, 100}, ByteRange{450, 100}));
  EXPECT_EQ(item.etag, "v1") << "in another version other lines lie there";
  file.ranges = {};
  file.offset = 100;
  EXPECT_EQ(ItemToRetry(file, {}, Of(true, true)).etag, "v1");
}

TEST(ItemToRetry, OfARepairedFileIsItsRestUnderTheKeysOfTheFirstPath) {
  FileItem copy;
  copy.path = "/copy";
  copy.key_path = "/a";
  copy.etag = "v2";
  copy.size = 2'000;
  const FileItem item = ItemToRetry(File(FileState::kFailed, 500), kErrors, Of(true, true), copy);
  EXPECT_EQ(item.path, "/copy");
  EXPECT_EQ(item.key_path, "/a");
  EXPECT_EQ(item.etag, "v2");
  EXPECT_EQ(item.size, 2'000);
  EXPECT_THAT(item.ranges,
              ElementsAre(ByteRange{0, 30}, ByteRange{50, 10}, ByteRange{500, UINT64_MAX - 500}));
}

TEST(ItemToRetry, OfAGoodFileIsNothing) {
  EXPECT_EQ(ItemToRetry(File(FileState::kDone, 1'000), {}, Of(true, true)).path, "");
  EXPECT_EQ(ItemToRetry(File(FileState::kDone, 1'000), kErrors, Of(false, true)).path, "");
}

}  // namespace
}  // namespace reprocess
