#include "verify/verify_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

FileRow FileOf(int position, const std::string& path, std::uint64_t sent = 3) {
  FileRow file;
  file.list_position = position;
  file.path = path;
  file.state = FileState::kDone;
  file.counters.lines = file.counters.success = sent;
  return file;
}

FileRow PartOf(int position, const std::string& path, std::uint64_t offset, std::uint64_t length) {
  FileRow file = FileOf(position, path);
  file.offset = offset;
  file.length = length;
  return file;
}

FileRow RangesOf(int position, std::vector<ByteRange> ranges) {
  FileRow file = FileOf(position, "/ranges");
  file.ranges = std::move(ranges);
  return file;
}

Checkpoint ShardOf(std::uint64_t sent, std::uint64_t failed = 0) {
  Checkpoint shard;
  shard.shard.lines = shard.shard.success = sent;
  shard.failed_files = failed;
  return shard;
}

TEST(SharedBytes, PartsThatLieApartShareNone) {
  EXPECT_THAT(
      SharedBytes({PartOf(0, "/a", 0, 10), FileOf(1, "/b"), PartOf(2, "/a", 10, 10),
                   PartOf(3, "/a", 5, 0), RangesOf(4, {{0, 5}, {20, 5}}), RangesOf(5, {{5, 15}})}),
      IsEmpty());
}

TEST(SharedBytes, NamesTheFilesOfTheListThatAreTheSame) {
  const auto whole = SharedBytes({FileOf(0, "/a", 7), FileOf(1, "/a", 5), FileOf(2, "/b")});
  ASSERT_THAT(whole, SizeIs(1));
  EXPECT_EQ(whole[0].where, "/a");
  EXPECT_EQ(whole[0].lines, 5u);
  EXPECT_THAT(whole[0].why, HasSubstr("files 0 and 1"));
  EXPECT_THAT(SharedBytes({PartOf(4, "/a", 9, 10), PartOf(2, "/a", 0, 10)}), SizeIs(1));
  EXPECT_THAT(
      SharedBytes({RangesOf(0, {{0, 5}, {20, 5}}), RangesOf(1, {{5, 5}}), RangesOf(2, {{22, 1}})}),
      SizeIs(1));
}

TEST(LostRows, AreFoundByTheSumsOfEachShard) {
  const std::vector<FileRow> files = {FileOf(0, "/a"), FileOf(1, "/b"), FileOf(2, "/c")};
  EXPECT_THAT(LostRows(files, {ShardOf(6), ShardOf(3)}, 2), IsEmpty());
  const auto lost = LostRows({files[0], files[1]}, {ShardOf(6), ShardOf(3)}, 2);
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_EQ(lost[0].where, "shard 0");
  EXPECT_EQ(lost[0].lines, 3u);
  EXPECT_THAT(lost[0].why, HasSubstr("sent 6, the rows of its files have 3 and 3: rows were lost"));
  EXPECT_THAT(LostRows({}, {ShardOf(6), ShardOf(3)}, 2), SizeIs(2));
  EXPECT_THAT(LostRows(files, {ShardOf(5), ShardOf(3)}, 2)[0].why, HasSubstr("contradict"));
}

TEST(LostRows, AFailedFileWithoutARowIsOne) {
  FileRow failed = FileOf(0, "/a");
  failed.state = FileState::kFailed;
  EXPECT_THAT(LostRows({failed}, {ShardOf(3, 1)}, 1), IsEmpty());
  const auto lost = LostRows({failed}, {ShardOf(3, 2)}, 1);
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_THAT(lost[0].why, HasSubstr("2 of its files failed, and 1 rows say so"));
}

}  // namespace
}  // namespace reprocess
