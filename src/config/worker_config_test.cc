#include "config/worker_config.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "decode/object_for_tests.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Vars = std::map<std::string, std::string>;

JobConfig Job(const std::string& text) {
  std::vector<std::string> warnings;
  auto job = ParseJobConfig(text, "config.json", warnings);
  EXPECT_TRUE(job) << job.error().ToString();
  EXPECT_THAT(warnings, IsEmpty());
  return job.value_or(JobConfig{});
}

TEST(JobConfig, ThatIsEmptyOrNullIsTheDefaults) {
  for (const std::string text :
       {"{}",
        R"({"s3_path":null,"stream_ids":null,"connection_ids":null,"files":null,"dry_run":null,
            "start_file":null,"start_line":null,"batch_size":null,"retry_attempts":null,
            "date_from":null,"date_to":null,"limit":null,"delivery":null})",
        R"({"stream_ids":[],"start_file":"","start_line":0,"batch_size":0,"retry_attempts":-1,
            "date_from":"","date_to":"0001-01-01T00:00:00Z","limit":0,"delivery":"auto"})"}) {
    SCOPED_TRACE(text);
    const JobConfig job = Job(text);
    EXPECT_THAT(job.stream_ids, IsEmpty());
    EXPECT_THAT(job.connection_ids, IsEmpty());
    EXPECT_EQ(job.date_from, std::nullopt);
    EXPECT_EQ(job.date_to, std::nullopt);
    EXPECT_EQ(job.start_file, "");
    EXPECT_EQ(job.start_line, 0u);
    EXPECT_EQ(job.limit, 0u);
    EXPECT_EQ(job.batch_size, 1000u);
    EXPECT_EQ(job.retry_attempts, 3);
    EXPECT_FALSE(job.dry_run);
    EXPECT_EQ(job.delivery, DeliveryChoice::kAuto);
    EXPECT_EQ(job.json, text);
  }
}

TEST(JobConfig, IsReadInFull) {
  const JobConfig job = Job(
      R"({"s3_path":"s3://b/p","stream_ids":["s"],"connection_ids":["c1","c2"],"files":["x"],
          "dry_run":true,"start_file":"f","start_line":12,"batch_size":100,"retry_attempts":5,
          "date_from":"2026-05-01T00:00:00Z","date_to":"2026-05-01T02:00:00+02:00",
          "limit":1e3,"delivery":"at_least_once","max_messages_per_second":10,
          "max_bytes_per_second":2e6,"max_consumer_lag":500,"lag_groups":["g1","g,2"],"max_errors":"2.5%"})");
  EXPECT_EQ(job.source, "s3://b/p");
  EXPECT_THAT(job.stream_ids, ElementsAre("s"));
  EXPECT_THAT(job.connection_ids, ElementsAre("c1", "c2"));
  EXPECT_TRUE(job.dry_run);
  EXPECT_EQ(job.start_file, "f");
  EXPECT_EQ(job.start_line, 12u);
  EXPECT_EQ(job.batch_size, 100u);
  EXPECT_EQ(job.retry_attempts, 5);
  EXPECT_EQ(job.date_from, ParseRfc3339("2026-05-01T00:00:00Z"));
  EXPECT_EQ(job.date_to, job.date_from);
  EXPECT_EQ(job.limit, 1000u);
  EXPECT_EQ(job.delivery, DeliveryChoice::kAtLeastOnce);
  EXPECT_EQ(job.throttle, (ThrottleLimits{.max_messages_per_second = 10,
                                          .max_bytes_per_second = 2'000'000,
                                          .max_consumer_lag = 500,
                                          .lag_groups = {"g1", "g,2"},
                                          .max_errors = MaxErrors{.hundredths = 250}}));
  EXPECT_EQ(Job(R"({"max_errors":76})").throttle.max_errors, MaxErrors{.lines = 76});
  EXPECT_EQ(Job(R"({"max_errors":null})").throttle.max_errors, std::nullopt);
  EXPECT_EQ(Job(R"({"local_path":"/d"})").source, "/d");
}

TEST(JobConfig, AMalformedKeyIsNamedWithItsValueAndWhatIsExpected) {
  const struct {
    std::string text, message;
  } rows[] = {
      {R"({"max_errors":"half"})", R"(config.json: max_errors: "half": expected a whole number)"},
      {R"({"max_errors":-1})", "config.json: max_errors: -1: expected a whole number"},
      {R"({"limit":"x"})", R"(config.json: limit: "x": expected a whole number ≥ 0)"},
      {R"({"limit":"5"})", R"(config.json: limit: "5": expected a whole number ≥ 0)"},
      {R"({"limit":-1})", "config.json: limit: -1: expected a whole number ≥ 0"},
      {R"({"limit":1.5})", "config.json: limit: 1.5: expected a whole number"},
      {R"({"limit":9223372036854775808})", "config.json: limit: 9223372036854775808: expected"},
      {R"({"limit":123456789012345678901234567890})", "config.json: limit: 1.23456"},
      {R"({"limit":true})", "config.json: limit: true: expected a whole number"},
      {R"({"start_file":"f","start_line":-3})", "config.json: start_line: -3: expected a whole"},
      {R"({"start_line":3})", "config.json: start_line: 3: expected start_file beside it"},
      {R"({"batch_size":"100"})", R"(config.json: batch_size: "100": expected a whole number)"},
      {R"({"batch_size":0.5})", "config.json: batch_size: 0.5: expected a whole number"},
      {R"({"retry_attempts":1001})",
       "config.json: retry_attempts: 1001: expected a whole number up"},
      {R"({"dry_run":"true"})", R"(config.json: dry_run: "true": expected true or false)"},
      {R"({"dry_run":1})", "config.json: dry_run: 1: expected true or false"},
      {R"({"stream_ids":"s"})", R"(config.json: stream_ids: "s": expected an array of texts)"},
      {R"({"connection_ids":["a",7]})",
       "config.json: connection_ids: 7: expected an array of texts"},
      {R"({"stream_ids":[""]})",
       R"(config.json: stream_ids: "": expected an array of texts, none)"},
      {R"({"connection_ids":["a"],"only_connections":["b"]})",
       "config.json: only_connections: an array: expected no connection_ids beside it"},
      {R"({"only_connections":["b"],"stream_connections":{"s":[]}})",
       "config.json: stream_connections: an object: expected an object of arrays of texts, none"},
      {R"({"only_connections":["b"],"stream_connections":["s"]})",
       "config.json: stream_connections: an array: expected an object of arrays"},
      {R"({"stream_connections":{"s":["c"]}})",
       "config.json: stream_connections: an object: expected only_connections beside it"},
      {R"({"files":{}})", "config.json: files: an object: expected an array of texts"},
      {R"({"start_file":[]})", "config.json: start_file: an array: expected text"},
      {R"({"s3_path":1})", "config.json: s3_path: 1: expected text"},
      {R"({"date_from":"yesterday"})",
       R"(config.json: date_from: "yesterday": expected an RFC 3339)"},
      {R"({"date_to":1714521600})", "config.json: date_to: 1714521600: expected an RFC 3339"},
      {R"({"date_from":"2026-05-02T00:00:00Z","date_to":"2026-05-01T00:00:00Z"})",
       R"(config.json: date_from: "2026-05-02T00:00:00Z": expected a time not after date_to (2026)"},
      {R"({"delivery":"once"})", R"(config.json: delivery: "once": expected "auto")"},
      {R"({"delivery":1})", R"(config.json: delivery: 1: expected "auto")"},
      {R"({"max_messages_per_second":0.5})",
       "config.json: max_messages_per_second: 0.5: expected a whole number ≥ 0"},
      {R"({"max_bytes_per_second":"1M"})",
       R"(config.json: max_bytes_per_second: "1M": expected a whole number ≥ 0)"},
      {R"({"max_consumer_lag":-1,"lag_groups":["g"]})",
       "config.json: max_consumer_lag: -1: expected a whole number ≥ 0"},
      {R"({"max_consumer_lag":5})",
       "config.json: max_consumer_lag: 5: expected lag_groups beside it"},
      {R"({"max_consumer_lag":5,"lag_groups":[]})", "expected lag_groups beside it"},
      {R"({"lag_groups":"g"})", R"(config.json: lag_groups: "g": expected an array of texts)"},
      {R"({"lag_groups":[""]})", R"(config.json: lag_groups: "": expected an array of texts)"},
      {"{\"a\":1,\n  \"b\":}", "config.json: line 2, column 7: "},
      {"", "config.json: line 1, column 1: "},
      {std::string("{}\0}", 4), "config.json: a zero byte at byte 2: "},
      {R"({"limit":1e999})", "config.json: number overflow"},
      {"[]", "config.json: an array: expected a JSON object"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    std::vector<std::string> warnings;
    const auto job = ParseJobConfig(row.text, "config.json", warnings);
    ASSERT_FALSE(job);
    EXPECT_EQ(job.error().code, Code::kInvalid);
    EXPECT_THAT(job.error().what, HasSubstr("check configuration: 1 problem\n  "));
    EXPECT_THAT(job.error().what, HasSubstr(row.message));
  }
}

TEST(JobConfig, UnknownKeysAreNamedInOneWarning) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(ParseJobConfig(R"({"limits":1,"limit":1,"zz":null})", "config.json", warnings));
  EXPECT_THAT(
      warnings,
      ElementsAre(
          R"(config.json: unknown keys are ignored: "limits" (did you mean limit?), "zz")"));
}

std::vector<FileItem> List(const std::string& text) {
  std::vector<std::string> warnings;
  auto items = ParseFileList(text, "files.json", warnings);
  EXPECT_TRUE(items) << items.error().ToString();
  EXPECT_THAT(warnings, IsEmpty());
  return items.value_or(std::vector<FileItem>{});
}

std::vector<FileItem> ItemsOf(const FileList& list) {
  std::vector<FileItem> items;
  EXPECT_TRUE(list.ForEachItem([&](FileItem item) { items.push_back(std::move(item)); }));
  return items;
}

constexpr const char* kList =
    R"([{"path":"s3://b/a%20b/../c.ndjson","size":1024,"last_modified":"2026-05-01T00:00:00Z"},
        {"path":"/data//x/../y.ndjson","version_id":"v1"},
        {"path":"/data/y.ndjson","version_id":"v2","size":0,"last_modified":null}])";
const std::vector<FileItem> kItems = {{"s3://b/a%20b/../c.ndjson", 1024, ""},
                                      {"/data/y.ndjson", 0, "v1"},
                                      {"/data/y.ndjson", 0, "v2"}};

TEST(FileList, IsReadWithS3PathsLiteralAndLocalOnesNormalised) {
  EXPECT_EQ(List(kList), kItems);
  EXPECT_THAT(List("[]"), IsEmpty());
  EXPECT_EQ(List(R"([{"path":"a/./b"}])")[0].path, std::filesystem::current_path() / "a/b");
}

// Three members: [{"path":"s3://b/k", then nothing, then "size":7}]
constexpr unsigned char kGzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x8b, 0xae, 0x56, 0x2a, 0x48,
    0x2c, 0xc9, 0x50, 0xb2, 0x52, 0x2a, 0x36, 0xb6, 0xd2, 0xd7, 0x4f, 0xd2, 0xcf, 0x56, 0xd2,
    0x01, 0x00, 0xff, 0xee, 0x4c, 0x4a, 0x14, 0x00, 0x00, 0x00, 0x1f, 0x8b, 0x08, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x02, 0xff, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x53, 0x2a, 0xce, 0xac, 0x4a,
    0x55, 0xb2, 0x32, 0xaf, 0x8d, 0x05, 0x00, 0xd1, 0x53, 0x71, 0x34, 0x0a, 0x00, 0x00, 0x00};

TEST(FileList, MayBeGzipOfSeveralMembers) {
  const std::string gzip(reinterpret_cast<const char*>(kGzip), sizeof kGzip);
  EXPECT_EQ(List(gzip), (std::vector<FileItem>{{"s3://b/k", 7, ""}}));
}

TEST(FileList, ThatIsCutCorruptOrFollowedGzipIsRefused) {
  const std::string gzip(reinterpret_cast<const char*>(kGzip), sizeof kGzip);
  const auto refused = [](const std::string& bytes) {
    std::vector<std::string> warnings;
    const auto items = ParseFileList(bytes, "files.json", warnings);
    return items ? "" : items.error().what;
  };
  EXPECT_THAT(
      refused(gzip + "x"),
      HasSubstr("files.json: inflate: bytes that are no gzip member at compressed byte 90"));
  for (std::size_t size = 0; size < gzip.size(); ++size) {
    EXPECT_THAT(refused(gzip.substr(0, size)), HasSubstr("files.json: ")) << size;
  }
  std::string corrupt = gzip;
  corrupt[corrupt.size() - 6] ^= 1;  // a checksum
  EXPECT_THAT(refused(corrupt),
              HasSubstr("files.json: inflate: crc mismatch (gzip member at compressed"));
}

TEST(FileList, AMalformedItemIsNamedWithItsPosition) {
  const struct {
    std::string text, message;
  } rows[] = {
      {"{}", "files.json: an object: expected a JSON array"},
      {"[{\"path\":\"a\"},\n{\"path\":}]", "files.json: line 2, column 9: "},
      {R"([{"path":"a"},"b"])", R"(files.json: [1]: "b": expected an object with a path)"},
      {R"([[{"path":"a"}]])", "files.json: [0]: an array: expected an object"},
      {R"([null])", "files.json: [0]: null: expected an object"},
      {R"([{"size":1}])", "files.json: [0].path: missing: expected a path or s3://bucket/key"},
      {R"([{"path":null}])", "files.json: [0].path: missing"},
      {R"([{"path":""}])", R"(files.json: [0].path: "": expected a path)"},
      {R"([{"path":7}])", "files.json: [0].path: 7: expected a path"},
      {R"([{"path":"a\u0000b"}])", "files.json: [0].path: \"a\\u0000b\": expected a path"},
      {R"([{"path":"s3://b"}])",
       R"(files.json: [0].path: "s3://b": expected a path or s3://bucket)"},
      {R"([{"path":"s3:///k"}])", R"(files.json: [0].path: "s3:///k": expected)"},
      {R"([{"path":"a","size":-1}])", "files.json: [0].size: -1: expected a whole number ≥ 0"},
      {R"([{"path":"a","size":"1"}])", R"(files.json: [0].size: "1": expected a whole number)"},
      {R"([{"path":"a","size":[1]}])", "files.json: [0].size: an array: expected a whole number"},
      {R"([{"path":"a","version_id":1}])", "files.json: [0].version_id: 1: expected text"},
      {R"([{"path":"a","last_modified":1}])", "files.json: [0].last_modified: 1: expected text"},
      {R"([{"path":"a","offset":-5}])", "files.json: [0].offset: -5: expected a whole number"},
      {R"([{"path":"a","length":"5"}])", R"(files.json: [0].length: "5": expected a whole number)"},
      {R"([{"path":"a","ranges":7}])", "files.json: [0].ranges: expected a list of [first byte,"},
      {R"([{"path":"a","ranges":[7]}])", "files.json: [0].ranges: expected a list of"},
      {R"([{"path":"a","ranges":[[1]]}])", "files.json: [0].ranges: expected a list of"},
      {R"([{"path":"a","ranges":[[1,2,3]]}])", "files.json: [0].ranges: expected a list of"},
      {R"([{"path":"a","ranges":[[1,0]]}])", "files.json: [0].ranges: expected a list of"},
      {R"([{"path":"a","ranges":[[5,2],[1,2]]}])", "files.json: [0].ranges: expected a list of"},
      {R"([{"path":"a","ranges":[[1,5],[3,2]]}])", "files.json: [0].ranges: expected a list of"},
      {R"([{"path":"a","offset":1,"ranges":[[1,2]]}])",
       "files.json: [0].ranges: expected either ranges, or offset and length"},
      {R"([{"path":"/a","length":10},{"path":"/a","offset":9}])",
       R"(files.json: [0] and [1]: "/a": expected every byte of a file once)"},
      {R"([{"path":"/a","ranges":[[1,2],[9,5]]},{"path":"/a","ranges":[[4,2],[12,2]]}])",
       R"(files.json: [0] and [1]: "/a": expected every byte of a file once)"},
      {R"([{"path":"/a","length":9},{"path":"/a","length":0},{"path":"/a","offset":8,"length":1}])",
       R"(files.json: [0] and [2]: "/a": expected every byte of a file once)"},
      {R"([{"path":"/a"},{"path":"/b","key_path":"/a"}])",
       R"(files.json: [0] and [1]: "/b": expected every byte of a file once)"},
      {R"([{"path":"/a","key_path":7}])", "files.json: [0].key_path: 7: expected text"},
      {std::string("[{\"path\":\"/a\"}]\0[]", 18), "files.json: a zero byte at byte 15: "},
      {R"([{"path":"/a"},{"path":"/b"},{"path":"/x/../a"}])",
       R"(files.json: [0] and [2]: "/a": expected every byte of a file once)"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    std::vector<std::string> warnings;
    const auto items = ParseFileList(row.text, "files.json", warnings);
    ASSERT_FALSE(items);
    EXPECT_THAT(items.error().what, HasSubstr("check configuration: 1 problem\n  "));
    EXPECT_THAT(items.error().what, HasSubstr(row.message));
  }
}

TEST(FileList, PartsOfAFileSideBySideAreItems) {
  std::vector<std::string> warnings;
  const auto items = ParseFileList(
      R"([{"path":"/a","size":30,"length":10},{"path":"/a","size":30,"offset":10},)"
      R"({"path":"/b","etag":"v7","ranges":[[3,4],[7,1]]},{"path":"/b","ranges":[[8,9]]}])",
      "files.json", warnings);
  ASSERT_TRUE(items) << items.error().ToString();
  EXPECT_EQ((*items)[0].length, 10u);
  EXPECT_EQ((*items)[1].offset, 10u);
  EXPECT_EQ((*items)[1].length, std::nullopt);
  EXPECT_EQ((*items)[2].ranges, (std::vector<ByteRange>{{3, 4}, {7, 1}}));
  EXPECT_EQ((*items)[2].etag, "v7");
  EXPECT_TRUE(warnings.empty());
}

// Some 300 kB: several pieces of the stream.
std::string LongList(const std::string& more) {
  std::string text = "[";
  for (int i = 0; i < 10'000; ++i) text += fmt::format(R"({{"path":"/logs/{}.ndjson"}},)", i);
  return text + more + "]";
}

TEST(FileList, ThatIsLongIsReadToItsEndPlainOrGzip) {
  const std::string text = LongList(R"({"path":"/logs/last","size":7})");
  for (const std::string& bytes : {text, GzipMember(text)}) {
    const auto items = List(bytes);
    ASSERT_EQ(items.size(), 10'001u);
    EXPECT_EQ(items[9'999].path, "/logs/9999.ndjson");
    EXPECT_EQ(items[10'000], (FileItem{"/logs/last", 7}));
  }
}

TEST(FileList, WhatIsWrongFarBehindIsNamedByItsPlace) {
  const std::pair<std::string, std::string> lists[] = {
      {LongList(R"({"path":"/logs/17.ndjson"})"),
       R"([17] and [10000]: "/logs/17.ndjson": expected every byte of a file once)"},
      {LongList(R"({"path":"/logs/17.ndjson","offset":5},{"path":"/logs/18.ndjson","length":0})"),
       R"([17] and [10000]: "/logs/17.ndjson": expected every byte of a file once)"},
      {LongList(R"({"path":""})"), "[10000].path: "},
      {LongList(std::string("\0", 1)), "a zero byte at byte 288891: "},
      {LongList("}"), "line 1, column 288892: "}};
  for (const auto& [text, message] : lists) {
    SCOPED_TRACE(message);
    for (const std::string& bytes : {text, GzipMember(text)}) {
      std::vector<std::string> warnings;
      const auto items = ParseFileList(bytes, "files.json", warnings);
      ASSERT_FALSE(items);
      EXPECT_THAT(items.error().what, HasSubstr("check configuration: 1 problem\n"));
      EXPECT_THAT(items.error().what, HasSubstr("files.json: " + message));
    }
  }
}

// Reading it again costs time, keeping it memory.
TEST(FileList, IsReadAgainOnlyForPathsThatAreListedTwice) {
  const std::tuple<std::string, int, bool> lists[] = {
      {R"([{"path":"/a"},{"path":"/b"},{"path":"/a","version_id":"v"}])", 1, true},
      {R"([{"path":"/a"},{"path":"/a","length":0}])", 1, true},
      {R"([{"path":"/a","length":5},{"path":"/b"},{"path":"/a","offset":5}])", 2, true},
      {R"([{"path":"/a","ranges":[[0,1],[9,1]]},{"path":"/a","ranges":[[4,2]]}])", 3, true},
      {R"([{"path":"/a","length":6},{"path":"/b"},{"path":"/a","offset":5}])", 3, false}};
  for (const auto& [text, times, good] : lists) {
    SCOPED_TRACE(text);
    int opened = 0;
    Problems problems;
    std::vector<std::string> warnings;
    const auto open = [&opened, &text] {
      ++opened;
      return BytesOf(text)();
    };
    ReadFileList(open, "files.json", problems, warnings);
    EXPECT_EQ(opened, times);
    EXPECT_EQ(problems.empty(), good);
  }
}

TEST(FileList, ThatIsAnotherOneWhenItIsReadAgainIsAnError) {
  std::string text = R"([{"path":"/a"},{"path":"/b"}])";
  Problems problems;
  std::vector<std::string> warnings;
  const FileList list =
      ReadFileList([&] { return BytesOf(text)(); }, "files.json", problems, warnings);
  EXPECT_TRUE(list.ForEachItem([](const FileItem&) {}));
  for (const char* other : {R"([{"path":"/a"}])", R"([{"path":"/a"},)"}) {
    text = other;
    EXPECT_FALSE(list.ForEachItem([](const FileItem&) {})) << other;
  }
}

TEST(FileList, ACopyMayHaveTheKeysOfTheFirstPath) {
  std::vector<std::string> warnings;
  const auto items = ParseFileList(
      R"([{"path":"/b","key_path":"/x/../a"},{"path":"/a","key_path":""},{"path":"s3://b/k"}])",
      "files.json", warnings);
  EXPECT_FALSE(items) << "both would send the keys of /a";
  const auto apart = ParseFileList(R"([{"path":"/b","key_path":"/x/../a"},{"path":"s3://b/k"}])",
                                   "files.json", warnings);
  ASSERT_TRUE(apart) << apart.error().ToString();
  EXPECT_EQ(KeyPathOf(apart->at(0)), "/a");
  EXPECT_EQ(KeyPathOf(apart->at(1)), "s3://b/k");
}

TEST(FileList, ALongListOfProblemsIsCut) {
  std::string text = "[0";
  for (int i = 1; i < 1000; ++i) text += ",0";
  std::vector<std::string> warnings;
  const auto items = ParseFileList(text + "]", "files.json", warnings);
  ASSERT_FALSE(items);
  EXPECT_THAT(items.error().what, AllOf(HasSubstr("1000 problems"), HasSubstr("and 950 more")));
  EXPECT_LT(items.error().what.size(), 5000u);
}

TEST(FileList, UnknownKeysAreNamedInOneWarning) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(
      ParseFileList(R"([{"path":"/a","owner":{"path":7},"x":[1]},{"path":"/b","owner":"e"}])",
                    "files.json", warnings));
  EXPECT_THAT(warnings,
              ElementsAre(R"(files.json: unknown keys of items are ignored: "owner", "x")"));
}

class WorkerConfigTest : public testing::Test {
 protected:
  WorkerConfigTest() {
    std::filesystem::create_directories(root_ / "job");
    std::filesystem::create_directories(root_ / "files");
    Write("job/config.json", "{\"batch_size\":100}");
    Write("files/files.json", R"([{"path":"s3://bucket/file.ndjson","size":1024}])");
  }
  ~WorkerConfigTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(root_ / name) << text;
  }
  Result<WorkerConfig> Load(const Vars& changes = {}) {
    Vars variables = {{"JOB_ID", "test-job-123"},
                      {"WORKER_INDEX", "0"},
                      {"DATABASE_URL", "postgresql://localhost/bulker"},
                      {"KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"},
                      {"REPROCESS_CONFIG_DIR", root_.string()}};
    for (const auto& [name, value] : changes) variables[name] = value;
    std::vector<std::string> names;
    for (const auto& [name, value] : variables) names.push_back(name);
    return LoadWorkerConfig(
        [&](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        },
        names);
  }
  std::string ErrorOf(const Vars& changes = {}) {
    const auto config = Load(changes);
    return config ? "" : config.error().ToString();
  }

  const std::filesystem::path root_ =
      std::filesystem::temp_directory_path() /
      ("reprocess-config-" + std::to_string(::getpid()) + "-" +
       testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(WorkerConfigTest, AMisspeltVariableIsNamedBesideWhatElseIsWrong) {
  const std::string error = ErrorOf({{"REPROCESS_COMIT_LINES", "5"}, {"TOTAL_WORKERS", "x"}});
  EXPECT_THAT(error, HasSubstr("REPROCESS_COMIT_LINES: nothing reads it: did you mean "
                               "REPROCESS_COMMIT_LINES?"));
  EXPECT_THAT(error, HasSubstr("TOTAL_WORKERS"));
}

TEST_F(WorkerConfigTest, TheLocalExampleRunsWithTheDefaultTopicAndAWarning) {
  const auto config = Load();
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_EQ(config->environment.job_id, "test-job-123");
  EXPECT_EQ(config->job.batch_size, 100u);
  EXPECT_EQ(ItemsOf(config->files), (std::vector<FileItem>{{"s3://bucket/file.ndjson", 1024, ""}}));
  EXPECT_EQ(config->environment.kafka.topic, "bulker-destinations");
  EXPECT_THAT(config->environment.warnings,
              ElementsAre("KAFKA_DESTINATIONS_TOPIC is not set: using bulker-destinations"));
}

TEST_F(WorkerConfigTest, ADryRunNeedsNoKafka) {
  Write("job/config.json", R"({"dry_run":true})");
  const auto config = Load({{"KAFKA_BOOTSTRAP_SERVERS", ""}});
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_THAT(config->environment.warnings, IsEmpty());
}

TEST_F(WorkerConfigTest, AllThatIsMissingComesInOneError) {
  std::filesystem::remove(root_ / "job/config.json");
  Write("files/files.json", "[{}]");
  const std::string error = ErrorOf({{"JOB_ID", ""},
                                     {"WORKER_INDEX", ""},
                                     {"DATABASE_URL", " "},
                                     {"KAFKA_BOOTSTRAP_SERVERS", ""},
                                     {"LOG_LEVEL", "x"}});
  EXPECT_THAT(error, HasSubstr("check configuration: 7 problems\n"));
  EXPECT_THAT(error, HasSubstr("\n  JOB_ID: missing: expected"));
  EXPECT_THAT(error,
              HasSubstr("\n  WORKER_INDEX: missing: expected a whole number from 0 (or JOB_"));
  EXPECT_THAT(error, HasSubstr("\n  DATABASE_URL: missing: expected postgresql://"));
  EXPECT_THAT(error, HasSubstr("\n  KAFKA_BOOTSTRAP_SERVERS: missing: expected host:port"));
  EXPECT_THAT(error, HasSubstr("\n  LOG_LEVEL: \"x\": "));
  EXPECT_THAT(error, HasSubstr((root_ / "job/config.json").string() +
                               ": cannot be read (No such file or directory): expected the job's "
                               "configuration, a JSON object there (REPROCESS_CONFIG_DIR"));
  EXPECT_THAT(error, HasSubstr((root_ / "files/files.json").string() + ": [0].path: missing"));
}

TEST_F(WorkerConfigTest, ADirectoryInPlaceOfAFileIsNamed) {
  std::filesystem::remove(root_ / "files/files.json");
  std::filesystem::create_directory(root_ / "files/files.json");
  EXPECT_THAT(ErrorOf(), HasSubstr("files.json: cannot be read (Is a directory)"));
}

TEST_F(WorkerConfigTest, TheIndexIsBelowTheTotal) {
  EXPECT_TRUE(Load({{"TOTAL_WORKERS", "1"}}));
  EXPECT_TRUE(Load({{"TOTAL_WORKERS", "0"}, {"WORKER_INDEX", "5"}}));
  EXPECT_THAT(ErrorOf({{"TOTAL_WORKERS", "2"}, {"WORKER_INDEX", "2"}}),
              HasSubstr("\n  WORKER_INDEX: 2: expected less than TOTAL_WORKERS (2)"));
  EXPECT_THAT(
      ErrorOf({{"TOTAL_WORKERS", "2"}, {"WORKER_INDEX", ""}, {"JOB_COMPLETION_INDEX", "3"}}),
      HasSubstr("\n  JOB_COMPLETION_INDEX: 3: expected less than TOTAL_WORKERS (2)"));
}

TEST_F(WorkerConfigTest, TheStartFileIsOneOfTheListAndKeptAsListed) {
  Write("files/files.json",
        R"([{"path":"/a/x_1.ndjson"},{"path":"/a/x_2.ndjson"},{"path":"/b/y.ndjson"},
            {"path":"/c/x_3.ndjson"},{"path":"s3://b/k"}])");
  Write("job/config.json", R"({"start_file":"/a/../a//x_2.ndjson","start_line":5})");
  const auto config = Load();
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_EQ(config->job.start_file, "/a/x_2.ndjson");

  Write("job/config.json", R"({"start_file":"/z/y.ndjson"})");
  const std::string error = ErrorOf();
  EXPECT_THAT(error, HasSubstr("job/config.json: start_file: \"/z/y.ndjson\": expected a path of "
                               "the file list, such as /b/y.ndjson, "));
  EXPECT_THAT(error, Not(HasSubstr("s3://b/k")));

  Write("files/files.json", "[]");
  EXPECT_THAT(ErrorOf(), HasSubstr("expected a path of the file list, which is empty"));
}

TEST_F(WorkerConfigTest, ALocalPathOutsideTheRootIsNamedByItsPosition) {
  Write("files/files.json",
        R"([{"path":"/logs/a"},{"path":"/logs/../etc/passwd"},{"path":"s3://b/k"},
            {"path":"/logsandmore/x"}])");
  EXPECT_TRUE(Load());
  for (const char* root : {"/logs", "/logs/", "/x/../logs"}) {
    const std::string error = ErrorOf({{"REPROCESS_LOCAL_ROOT", root}});
    EXPECT_THAT(error, HasSubstr("files.json: [1].path: \"/etc/passwd\": expected a path below "
                                 "REPROCESS_LOCAL_ROOT (/logs/)"));
    EXPECT_THAT(error, AllOf(HasSubstr("[3].path"), Not(HasSubstr("[0]")), Not(HasSubstr("[2]"))));
  }
  EXPECT_TRUE(Load({{"REPROCESS_LOCAL_ROOT", "/"}}));
}

}  // namespace
}  // namespace reprocess
