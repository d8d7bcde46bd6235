#include "plan/manifest_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;

std::vector<ManifestFile> FilesOf(const std::vector<std::string>& lines) {
  ManifestLines manifest;
  std::vector<ManifestFile> files;
  for (const std::string& line : lines) {
    const auto file = manifest.Read(line);
    EXPECT_TRUE(file) << line << ": " << file.error().ToString();
    if (file && *file) files.push_back(**file);
  }
  return files;
}

std::string ErrorOf(const std::vector<std::string>& lines) {
  ManifestLines manifest;
  for (const std::string& line : lines) {
    if (const auto file = manifest.Read(line); !file) return file.error().ToString();
  }
  return "none";
}

TEST(ManifestLines, ACsvHasBucketKeyAndPerhapsAVersion) {
  EXPECT_EQ(FilesOf({"", "b,a%20key%2Bplus.ndjson", R"("b","quo""ted+key,x")"}),
            (std::vector<ManifestFile>{{"s3://b/a key+plus.ndjson"}, {"s3://b/quo\"ted key,x"}}));
  EXPECT_EQ(FilesOf({"b,k,v1\r", "b,k2,"}),
            (std::vector<ManifestFile>{{"s3://b/k", "v1"}, {"s3://b/k2"}}));
}

TEST(ManifestLines, AnInventoryIsReadByTheNamesOfItsColumns) {
  const auto files =
      FilesOf({"Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, "
               "LastModifiedDate, ETag, StorageClass, EncryptionStatus",
               R"("b","k","v","true","false","7","2026-05-01T00:00:00Z","e","GLACIER","x")",
               R"("b","gone","w","true","true","","2026-05-01T00:00:00Z","","","x")"});
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0], (ManifestFile{.path = "s3://b/k",
                                    .version_id = "v",
                                    .etag = "e",
                                    .last_modified = "2026-05-01T00:00:00Z",
                                    .storage_class = "GLACIER",
                                    .size = 7}));
  EXPECT_TRUE(files[1].delete_marker);
}

TEST(ManifestLines, NdjsonHasPathsOrObjectsLiterally) {
  EXPECT_EQ(
      FilesOf({R"("s3://b/a%20b")", R"({"path":"/x/y","size":3,"etag":"e","version_id":null})"}),
      (std::vector<ManifestFile>{{.path = "s3://b/a%20b"},
                                 {.path = "/x/y", .etag = "e", .size = 3}}));
}

TEST(ManifestLines, WhatIsNoLineOfItIsAnErrorThatSaysWhatIsExpected) {
  const std::pair<std::vector<std::string>, const char*> kRows[] = {
      {{"b"}, "1 columns"},
      {{"b,k,v,5"}, "fileSchema"},
      {{"b,k", "b,k,v"}, "3 columns, where the first line has 2"},
      {{"b,\"k"}, "quote"},
      {{",k"}, "bucket"},
      {{"b/c,k"}, "bucket"},
      {{"Bucket,Key,Size", "b,k,x"}, "size in bytes, not x"},
      {{R"({"path":"/x","offset":3})"}, "offset is none of its keys"},
      {{R"({"path":3})"}, "path: expected a text"},
      {{R"({"path":"/x","size":-1})"}, "size"},
      {{R"({"size":1})"}, "path of a file"},
      {{R"("/x")", "b,k"}, "as JSON"},
  };
  for (const auto& [lines, message] : kRows) EXPECT_THAT(ErrorOf(lines), HasSubstr(message));
}

}  // namespace
}  // namespace reprocess
