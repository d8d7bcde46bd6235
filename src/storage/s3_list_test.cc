#include "storage/s3_list.h"

#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

std::string Entry(const std::string& key, const std::string& more = {}) {
  return "<Contents><Key>" + key +
         "</Key><LastModified>2026-05-01T00:00:00.000Z</LastModified>"
         "<ETag>&quot;abc-4&quot;</ETag><Size>5368709120</Size>" +
         more + "</Contents>";
}

std::string Page(const std::string& inside) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
         inside + "</ListBucketResult>";
}

TEST(S3List, ReadsAnEntryWhole) {
  const auto page = ParseListPage(Page(Entry("a/b.ndjson")));
  ASSERT_TRUE(page) << page.error().ToString();
  ASSERT_EQ(page->objects.size(), 1u);
  const ListedObject& object = page->objects.front();
  EXPECT_EQ(object.path, "a/b.ndjson");
  EXPECT_EQ(object.size, 5368709120u);
  EXPECT_EQ(object.last_modified, *ParseRfc3339("2026-05-01T00:00:00Z"));
  EXPECT_EQ(object.version_tag, "abc-4");
  EXPECT_EQ(object.archived, "");
  EXPECT_EQ(page->next, "");
}

TEST(S3List, DecodesKeysOnlyWhenTheServiceSaysThatItEncodedThem) {
  const auto key = [](const std::string& text) {
    return ParseListPage(Page(text))->objects[0].path;
  };
  const std::string encoded = "<EncodingType>url</EncodingType>";
  EXPECT_EQ(key(encoded + Entry("a+b%2Bc%2520%C3%A4%0A")), "a b+c%20\xC3\xA4\n");
  EXPECT_EQ(key(encoded + Entry("100%")), "100%");
  EXPECT_EQ(key(Entry("a+b%2Bc &amp; d")), "a+b%2Bc & d");
  EXPECT_EQ(key(Entry(" ")), " ");
}

TEST(S3List, GoesOnWhereThePageSays) {
  const auto page = ParseListPage(
      Page("<IsTruncated>true</IsTruncated><NextContinuationToken>1/+=</NextContinuationToken>"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->next, "1/+=");
  EXPECT_FALSE(ParseListPage(Page("<IsTruncated>true</IsTruncated>")));
}

TEST(S3List, TellsWhatMustFirstBeRestored) {
  const auto archived = [](const std::string& more) {
    return ParseListPage(Page(Entry("k", more)))->objects[0].archived;
  };
  const std::string glacier = "<StorageClass>GLACIER</StorageClass>";
  EXPECT_EQ(archived("<StorageClass>STANDARD_IA</StorageClass>"), "");
  EXPECT_EQ(archived("<StorageClass>GLACIER_IR</StorageClass>"), "");
  EXPECT_EQ(archived("<StorageClass>DEEP_ARCHIVE</StorageClass>"), "DEEP_ARCHIVE");
  EXPECT_EQ(archived(glacier), "GLACIER");
  EXPECT_EQ(archived(glacier + "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress>"
                               "</RestoreStatus>"),
            "GLACIER");
  EXPECT_EQ(archived(glacier + "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
                               "<RestoreExpiryDate>2026-06-01T00:00:00Z</RestoreExpiryDate>"
                               "</RestoreStatus>"),
            "");
}

TEST(S3List, RefusesWhatIsNoList) {
  for (const std::string& text :
       {std::string("<html>"), std::string(), std::string("<Error/>"),
        Page("<Contents><Key>k</Key></Contents>"), Page(Entry("")).substr(0, 100),
        Page("<Contents><Key>k</Key><Size>1x</Size><LastModified>2026-05-01T00:00:00Z"
             "</LastModified></Contents>")}) {
    const auto page = ParseListPage(text);
    ASSERT_FALSE(page) << text;
    EXPECT_EQ(page.error().remedy, Remedy::kRetry);
  }
}

}  // namespace
}  // namespace reprocess
