#include "store/planned_files.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

PlannedFile Whole(const std::string& path, std::uint64_t size = 7) {
  return {{path, size}, "tag of " + path, "2026-05-01T00:00:00Z"};
}

PlannedFile Part() {
  PlannedFile part = Whole("s3://b/x/part.ndjson");
  part.item.version_id = "v1";
  part.item.offset = 3;
  part.item.length = 4;
  part.item.ranges = std::vector<ByteRange>{{1, 2}, {5, 6}};
  part.item.etag = "etag";
  part.item.key_path = "s3://b/other";
  part.item.list_position = 9;
  part.state = FileState::kDone;
  return part;
}

std::vector<PlannedFile> All(const PlannedFiles& files) {
  return {files.begin(), files.end()};
}

TEST(PlannedFiles, GiveBackWhatWasPutIntoThem) {
  const std::vector<PlannedFile> files = {Whole("s3://b/x/1"), Part(), Whole("no-folder"),
                                          Whole("/"),          {},     Whole("s3://b/x/1", 8)};
  PlannedFiles kept(files);
  EXPECT_EQ(All(kept), files);
  const PlannedFiles copy = kept;
  kept = PlannedFiles();
  EXPECT_TRUE(kept.empty());
  EXPECT_EQ(All(copy), files);
  EXPECT_EQ(copy.NameOf(1), "part.ndjson");
}

TEST(PlannedFiles, ArePickedAndReplacedByPlace) {
  PlannedFiles files{Whole("a"), Whole("b"), Whole("c")};
  files.Replace(1, Part());
  files.Pick(std::vector<std::size_t>{2, 1});
  EXPECT_EQ(All(files), (std::vector{Whole("c"), Part()}));
}

// Folders are compared in pieces, so all ways in which they may begin alike are tried.
TEST(PlannedFiles, AreSortedByWholePathsAndEachOnce) {
  std::mt19937 random(1);
  PlannedFiles files;
  std::vector<std::string> paths;
  for (int i = 0; i < 2'000; ++i) {
    std::string path;
    for (auto length = random() % 7; length > 0; --length) path += "/a\xFF."[random() % 4];
    files.push_back(Whole(path));
    paths.push_back(std::move(path));
  }
  files.SortAndUnite();
  std::ranges::sort(paths);
  const auto again = std::ranges::unique(paths);
  paths.erase(again.begin(), again.end());
  std::vector<std::string> sorted;
  for (const PlannedFile& file : files) sorted.push_back(file.item.path);
  EXPECT_EQ(sorted, paths);
  for (const std::string& path : paths) {
    EXPECT_TRUE(files.Contains(path));
    EXPECT_EQ(files.Contains(path + "/b"), std::ranges::binary_search(paths, path + "/b"));
  }
}

}  // namespace
}  // namespace reprocess
