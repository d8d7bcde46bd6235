#include "plan/discover.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A tree in memory: path → last change.
class Tree final : public Storage {
 public:
  explicit Tree(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<OpenedObject> Open(const FileItem& item, std::uint64_t, std::string_view,
                            const std::stop_token&) override {
    return Fatal("open: not part of this test", item.path);
  }
  Result<std::vector<ListedObject>> List(std::string_view path) override {
    std::vector<ListedObject> found;
    for (const auto& [name, changed] : files_) {
      if (name == path || name.starts_with(std::string(path) + "/")) {
        found.push_back({name, 10, *ParseRfc3339(changed), "v1"});
        if (name.find("frozen") != std::string::npos) found.back().archived = "GLACIER";
      }
    }
    if (found.empty()) return Fatal("list: no such path", std::string(path), {}, Code::kNotFound);
    return found;
  }

 private:
  std::map<std::string, std::string> files_;
};

constexpr const char* kMay = "2026-05-02T00:00:00Z";

std::vector<std::string> PathsOf(const Discovery& discovery) {
  std::vector<std::string> paths;
  for (const auto& file : discovery.files) paths.push_back(file.item.path);
  return paths;
}

TEST(Discover, TakesTheThreeEndingsBelowAPathAndNamesTheRest) {
  Tree tree({{"/logs/b.ndjson", kMay},
             {"/logs/a.ndjson.gz", kMay},
             {"/logs/deep/er/c.ndjson.zst", kMay},
             {"/logs/notes.txt", kMay},
             {"/logs/a.ndjson.tmp", kMay}});
  const auto found = Discover(tree, {"/logs"}, {}, {});
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_THAT(PathsOf(*found),
              ElementsAre("/logs/a.ndjson.gz", "/logs/b.ndjson", "/logs/deep/er/c.ndjson.zst"));
  ASSERT_EQ(found->ignored.size(), 2U);
  EXPECT_EQ(found->ignored[0].path, "/logs/a.ndjson.tmp");
  EXPECT_THAT(found->ignored[1].reason, HasSubstr("does not end in"));
}

TEST(Discover, TakesAnyFileThatIsNamedItself) {
  Tree tree({{"/logs/odd name", kMay}, {"/logs/a.ndjson", kMay}});
  EXPECT_THAT(PathsOf(*Discover(tree, {"/logs/odd name"}, {}, {})), ElementsAre("/logs/odd name"));
}

TEST(Discover, WhatMustFirstBeRestoredIsIgnoredWithTheRemedyEvenWhenNamed) {
  Tree tree({{"/logs/a.ndjson", kMay}, {"/logs/frozen.ndjson", kMay}});
  const auto found = Discover(tree, {"/logs/a.ndjson", "/logs/frozen.ndjson"}, {}, {});
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_THAT(PathsOf(*found), ElementsAre("/logs/a.ndjson"));
  ASSERT_EQ(found->ignored.size(), 1U);
  EXPECT_THAT(found->ignored[0].reason, HasSubstr("archived (GLACIER): restore it"));
}

TEST(Discover, AFileThatTwoPathsLeadToCountsOnceAndIsNotIgnored) {
  Tree tree({{"/logs/odd", kMay}, {"/logs/a.ndjson", kMay}});
  const auto found = Discover(tree, {"/logs", "/logs/odd", "/logs/../logs/"}, {}, {});
  ASSERT_TRUE(found);
  EXPECT_THAT(PathsOf(*found), ElementsAre("/logs/a.ndjson", "/logs/odd"));
  EXPECT_TRUE(found->ignored.empty());
}

TEST(Discover, SortsBytewise) {
  Tree tree({{"/l/b.ndjson", kMay},
             {"/l/B.ndjson", kMay},
             {"/l/ä.ndjson", kMay},
             {"/l/a/z.ndjson", kMay}});
  EXPECT_THAT(PathsOf(*Discover(tree, {"/l"}, {}, {})),
              ElementsAre("/l/B.ndjson", "/l/a/z.ndjson", "/l/b.ndjson", "/l/ä.ndjson"));
}

TEST(Discover, FiltersByTheTimeInTheNameAndTheLastChange) {
  struct Row {
    std::string name, changed;
    bool kept;
  };
  const Row rows[] = {
      {"kafka_failover_2026_05_04T00_00_00.ndjson", "2026-05-05T00:00:00Z", true},  // 24 h after
      {"kafka_failover_2026_05_04T00_00_01.ndjson", "2026-05-05T00:00:00Z", false},
      {"p_kafka_failover_2026_04_01T00_00_00.ndjson.gz", "2026-05-01T00:00:00Z", true},
      {"kafka_failover_2026_04_01T00_00_00.ndjson.gz", "2026-04-30T23:59:59Z", false},
      {"no-time.ndjson", "2020-01-01T00:00:00Z", true},
      {"kafka_failover_2026_13_01T00_00_00.ndjson", "2020-01-01T00:00:00Z", true},  // no such month
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    Tree tree({{"/l/" + row.name, row.changed}, {"/l/zz.ndjson", kMay}});
    const auto found = Discover(tree, {"/l"}, ParseRfc3339("2026-05-01T00:00:00Z"),
                                ParseRfc3339("2026-05-03T00:00:00Z"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->files.size(), row.kept ? 2U : 1U);
    EXPECT_EQ(found->ignored.size(), row.kept ? 0U : 1U);
  }
}

TEST(Discover, NoFilesIsAnErrorThatNamesTheFirstIgnoredOne) {
  Tree tree(std::map<std::string, std::string>{{"/l/readme.txt", kMay}});
  const auto found = Discover(tree, {"/l"}, {}, {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().hint, HasSubstr("/l/readme.txt"));
  EXPECT_EQ(Discover(tree, {"/missing"}, {}, {}).error().code, Code::kNotFound);
}

TEST(Discover, AWildcardThatNoShellHasExpandedIsAnErrorUnlessAFileIsCalledSo) {
  Tree tree({{"/logs/a.ndjson", kMay}, {"/logs/b[1].ndjson", kMay}});
  for (const char* path : {"/logs/*.ndjson", "/logs/?.ndjson", "s3://bucket/logs/[ab].ndjson"}) {
    const auto found = Discover(tree, {"/logs/a.ndjson", path}, {}, {});
    ASSERT_FALSE(found) << path;
    EXPECT_THAT(found.error().what, HasSubstr("wildcards are not expanded"));
    EXPECT_EQ(found.error().where, path);
  }
  const auto literal = Discover(tree, {"/logs/b[1].ndjson"}, {}, {});
  ASSERT_TRUE(literal) << literal.error().ToString();
  EXPECT_THAT(PathsOf(*literal), ElementsAre("/logs/b[1].ndjson"));
}

TEST(TimeInName, IsTheLastValidOneOfTheBaseName) {
  const std::pair<const char*, std::optional<WallTime>> rows[] = {
      {"/x/kafka_failover_2026_05_01T02_03_04.ndjson", ParseRfc3339("2026-05-01T02:03:04Z")},
      {"2025_01_01T00_00_00_2026_05_01T02_03_04.gz", ParseRfc3339("2026-05-01T02:03:04Z")},
      {"/2026_05_01T02_03_04/a.ndjson", std::nullopt},
      {"2026_02_30T00_00_00", std::nullopt},
      {"short", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [name, time] : rows) EXPECT_EQ(TimeInName(name), time) << name;
}

TEST(ResolveStartFile, TakesAPathOrTheOnlyFileOfThatName) {
  const std::vector<FileItem> files = {
      {"/l/a.ndjson", 1, {}, {}}, {"/l/x/b.ndjson", 1, {}, {}}, {"/m/a.ndjson", 1, {}, {}}};
  EXPECT_EQ(ResolveStartFile(files, "/l/../l/a.ndjson"), "/l/a.ndjson");
  EXPECT_EQ(ResolveStartFile(files, "b.ndjson"), "/l/x/b.ndjson");
  EXPECT_THAT(ResolveStartFile(files, "a.ndjson").error().what, HasSubstr("several"));
  EXPECT_THAT(ResolveStartFile(files, "c.ndjson").error().what, HasSubstr("not among"));
}

}  // namespace
}  // namespace reprocess
