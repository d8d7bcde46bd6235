#include "storage/s3_look.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

std::vector<HttpHeader> Headers(std::vector<HttpHeader> more = {}) {
  more.push_back({"content-length", "7000000000"});
  more.push_back({"etag", "\"abc-4\""});
  more.push_back({"last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"});
  return more;
}

TEST(LookAtS3, ReadsSizeVersionAndTimeFromTheHeaders) {
  const auto object = LookedAt({.path = "s3://b/k", .version_id = "v1"}, Headers());
  ASSERT_TRUE(object) << object.error().ToString();
  EXPECT_EQ(object->path, "s3://b/k");
  EXPECT_EQ(object->size, 7'000'000'000U);
  EXPECT_EQ(object->version_tag, "abc-4@v1");
  EXPECT_EQ(object->last_modified, ParseRfc3339("2015-10-21T07:28:00Z"));
  EXPECT_FALSE(LookedAt({.path = "s3://b/k"}, {{"etag", "x"}}));
}

TEST(LookAtS3, AnObjectIsArchivedUntilItIsRestored) {
  const HttpHeader glacier{"x-amz-storage-class", "GLACIER"};
  const struct {
    std::vector<HttpHeader> more;
    std::string archived;
  } kRows[] = {
      {{}, ""},
      {{{"x-amz-storage-class", "GLACIER_IR"}}, ""},
      {{glacier}, "GLACIER"},
      {{glacier, {"x-amz-restore", "ongoing-request=\"true\""}}, "GLACIER"},
      {{glacier, {"x-amz-restore", "ongoing-request=\"false\", expiry-date=\"Fri\""}}, ""},
      {{{"x-amz-storage-class", "INTELLIGENT_TIERING"}}, ""},
      {{{"x-amz-storage-class", "INTELLIGENT_TIERING"}, {"x-amz-archive-status", "ARCHIVE_ACCESS"}},
       "ARCHIVE_ACCESS"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(LookedAt({.path = "s3://b/k"}, Headers(row.more))->archived, row.archived);
  }
}

}  // namespace
}  // namespace reprocess
