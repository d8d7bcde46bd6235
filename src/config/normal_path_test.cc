#include "config/normal_path.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

// Keys derive from it: what stands here stays.
TEST(NormalPath, IsAbsoluteForLocalPathsAndLiteralForS3) {
  const std::string here = std::filesystem::current_path().string();
  const std::pair<const char*, std::string> rows[] = {
      {"/a/b.ndjson", "/a/b.ndjson"},
      {"/a/./b/../c/", "/a/c"},
      {"//a//b", "/a/b"},
      {"/a/b/..", "/a"},
      {"/..", "/"},
      {"/", "/"},
      {"x", here + "/x"},
      {"./x/", here + "/x"},
      {"", ""},
      {"/a b/\xff", "/a b/\xff"},
      {"s3://b//k/../x/", "s3://b//k/../x/"},
      {"s3:/b", here + "/s3:/b"},
  };
  for (const auto& [path, normal] : rows) EXPECT_EQ(NormalPath(path), normal) << path;
}

}  // namespace
}  // namespace reprocess
