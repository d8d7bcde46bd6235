#include "storage/s3_url.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(S3Url, TakesEveryByteAfterTheBucketAsTheKey) {
  const struct {
    std::string path, bucket, key;
  } rows[] = {
      {"s3://failover/a.ndjson", "failover", "a.ndjson"},
      {"s3://failover/a b+c%20d?e#f", "failover", "a b+c%20d?e#f"},
      {"s3://failover//double//slash/", "failover", "/double//slash/"},
      {"s3://failover/../up", "failover", "../up"},
      {"s3://failover/", "failover", ""},
      {"s3://failover", "failover", ""},
      {"s3://my.bucket_1/k", "my.bucket_1", "k"},
  };
  for (const auto& row : rows) {
    const auto url = ParseS3Url(row.path);
    ASSERT_TRUE(url) << row.path;
    EXPECT_EQ(*url, (S3Url{row.bucket, row.key})) << row.path;
  }
}

TEST(S3Url, RefusesWhatHasNoBucket) {
  for (const std::string path : {"s3://", "s3:///key", "s3://..", "s3://a@b/key", "s3://a:80/key",
                                 "s3://arn:aws:s3:::x/key", "/local", "s3:/", ""}) {
    const auto url = ParseS3Url(path);
    ASSERT_FALSE(url) << path;
    EXPECT_EQ(url.error().where, path);
  }
}

TEST(S3Address, EncodesEachByteOnceAndKeepsSlashesAndDots) {
  S3Settings settings;
  settings.endpoint = "http://127.0.0.1:7070";
  const struct {
    std::string key, path;
  } rows[] = {
      {"a b", "/bucket/a%20b"},
      {"a+b", "/bucket/a%2Bb"},
      {"a%2Fb", "/bucket/a%252Fb"},
      {"/lead//twice", "/bucket//lead//twice"},
      {"x/../y/./z", "/bucket/x/../y/./z"},
      {"\xC3\xA4~_-.", "/bucket/%C3%A4~_-."},
      {"k=v&w?x#y", "/bucket/k%3Dv%26w%3Fx%23y"},
      {std::string("\x01\x7f\xff", 3), "/bucket/%01%7F%FF"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(AddressOf(settings, "us-east-1", {"bucket", row.key}).path, row.path) << row.key;
  }
}

TEST(S3Address, PutsTheBucketIntoTheHostUnlessADotOrAnEndpointForbidsIt) {
  const auto address = [](auto change, std::string bucket = "b", std::string region = "eu-west-1") {
    S3Settings settings;
    change(settings);
    const S3Address found = AddressOf(settings, region, {std::move(bucket), "k"});
    return found.origin + found.path;
  };
  EXPECT_EQ(address([](S3Settings&) {}), "https://b.s3.eu-west-1.amazonaws.com/k");
  EXPECT_EQ(address([](S3Settings&) {}, "b.c"), "https://s3.eu-west-1.amazonaws.com/b.c/k");
  EXPECT_EQ(address([](S3Settings&) {}, "b", "cn-north-1"),
            "https://b.s3.cn-north-1.amazonaws.com.cn/k");
  EXPECT_EQ(address([](S3Settings& s) { s.fips = true; }),
            "https://b.s3-fips.eu-west-1.amazonaws.com/k");
  EXPECT_EQ(address([](S3Settings& s) { s.dual_stack = true; }),
            "https://b.s3.dualstack.eu-west-1.amazonaws.com/k");
  EXPECT_EQ(address([](S3Settings& s) { s.fips = s.dual_stack = true; }),
            "https://b.s3-fips.dualstack.eu-west-1.amazonaws.com/k");
  EXPECT_EQ(address([](S3Settings& s) { s.path_style = true; }),
            "https://s3.eu-west-1.amazonaws.com/b/k");
  EXPECT_EQ(address([](S3Settings& s) { s.path_style = false; }, "b.c"),
            "https://b.c.s3.eu-west-1.amazonaws.com/k");
  EXPECT_EQ(address([](S3Settings& s) { s.endpoint = "http://minio:9000/"; }),
            "http://minio:9000/b/k");
  EXPECT_EQ(address([](S3Settings& s) { s.endpoint = "https://Gate.Example/s3"; }),
            "https://gate.example/s3/b/k");
  EXPECT_EQ(address([](S3Settings& s) {
              s.endpoint = "http://minio:9000";
              s.path_style = false;
            }),
            "http://b.minio:9000/k");
}

TEST(S3Address, NamesAPortOnlyWhereTheSchemeDoesNotImplyIt) {
  S3Settings settings;
  const auto host = [&](std::string endpoint) {
    settings.endpoint = std::move(endpoint);
    return AddressOf(settings, "us-east-1", {"b", "k"}).host;
  };
  EXPECT_EQ(host("http://h:80"), "h");
  EXPECT_EQ(host("https://h:443"), "h");
  EXPECT_EQ(host("https://h:80"), "h:80");
  EXPECT_EQ(host("http://[::1]:9000"), "[::1]:9000");
}

}  // namespace
}  // namespace reprocess
