#include "store/database_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOurs[] =
    "connect_timeout=5&application_name=reprocess&tcp_user_timeout=10000&keepalives_idle=5&"
    "keepalives_interval=3&keepalives_count=3";

TEST(DatabaseUrl, StripsTheSchemaAndAddsTimeouts) {
  const struct {
    std::string url, connect;
    std::vector<std::string> schemas;
  } kRows[] = {
      {"postgresql://localhost/bulker", "postgresql://localhost/bulker?", {}},
      {"postgres://u:p@h:5433/d?search_path=s", "postgres://u:p@h:5433/d?", {"s"}},
      {"postgres://h/d?schema=My%20Schema&sslmode=disable",
       "postgres://h/d?sslmode=disable&",
       {"My Schema"}},
      {"postgres://h/d?search_path=a,%22b%22%20,public&pool_max_conns=3",
       "postgres://h/d?",
       {"a", "b", "public"}},
      {"postgres:///d?host=/run/postgresql", "postgres:///d?host=/run/postgresql&", {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.url);
    const auto url = ParseDatabaseUrl(row.url);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->backend, Backend::kPostgres);
    EXPECT_EQ(url->connect, row.connect + kOurs);
    EXPECT_EQ(url->schemas, row.schemas);
  }
}

TEST(DatabaseUrl, APasswordIsMaskedWhereItIsOneAndNotInsideOfWords) {
  const auto url = ParseDatabaseUrl("postgresql://ann:ro@db/bulker");
  ASSERT_TRUE(url);
  EXPECT_EQ(Scrub(*url, "GRANT SELECT ON reprocessing_jobs to ann; password=ro"),
            "GRANT SELECT ON reprocessing_jobs to ann; password=***");
}

TEST(DatabaseUrl, WhatIsNotWellFormedIsNotShown) {
  for (const std::string url : {"sqlite://ann:secret@db/x", "postgresql://ann:sec?ret@db/x",
                                "postgresql://ann:sec/ret@db/x", "postgresql:/ann:secret@db/x"}) {
    const auto parsed = ParseDatabaseUrl(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_THAT(parsed.error().ToString(), Not(HasSubstr("sec"))) << url;
  }
}

TEST(DatabaseUrl, LeavesParametersThatAreGiven) {
  const auto url = ParseDatabaseUrl("postgres://h/d?connect_timeout=60");
  ASSERT_TRUE(url);
  EXPECT_THAT(url->connect, HasSubstr("connect_timeout=60"));
  EXPECT_THAT(url->connect, Not(HasSubstr("connect_timeout=5&")));
}

TEST(DatabaseUrl, WaitsForNothingForEver) {
  for (const char* forever : {"0", "-1"}) {
    const auto url = ParseDatabaseUrl(std::string("postgres://h/d?connect_timeout=") + forever);
    ASSERT_TRUE(url);
    EXPECT_THAT(url->connect, HasSubstr("connect_timeout=5&"));
    EXPECT_THAT(url->connect, Not(HasSubstr(std::string("connect_timeout=") + forever)));
  }
  const auto url = ParseDatabaseUrl("postgres://h/d?statement_timeout=2500");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->statement_limit, Milliseconds(2'500));
  EXPECT_THAT(url->connect, Not(HasSubstr("statement_timeout"))) << "libpq refuses it";
  for (const char* bad : {"0", "-1", "", "30s"}) {
    const auto refused = ParseDatabaseUrl(std::string("postgres://h/d?statement_timeout=") + bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_THAT(refused.error().what, HasSubstr("statement_timeout"));
  }
}

TEST(DatabaseUrl, NeverShowsAPassword) {
  const auto url =
      ParseDatabaseUrl("postgresql://ann:s%2Fcret@db:5432/bulker?password=other&schema=x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->display, "postgresql://db:5432/bulker");
  EXPECT_THAT(url->secrets, ElementsAre("s%2Fcret", "s/cret", "other"));
  EXPECT_EQ(Scrub(*url, "no such\nhost \"s/cret\" or  x:s%2Fcret@y, " + url->connect + ".\n"),
            "no such host \"***\" or x:***@y, postgresql://db:5432/bulker");
}

TEST(DatabaseUrl, KnowsSqliteByUrlAndByName) {
  const struct {
    std::string url, path;
  } kRows[] = {
      {"sqlite:///var/lib/x.db", "/var/lib/x.db"},
      {"sqlite:///var/lib/no suffix", "/var/lib/no suffix"},
      {"here.db", "here.db"},
      {"/a/b.sqlite", "/a/b.sqlite"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.url);
    const auto url = ParseDatabaseUrl(row.url);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->backend, Backend::kSqlite);
    EXPECT_EQ(url->connect, row.path);
  }
}

TEST(DatabaseUrl, RefusesTheRestWithoutEchoingAPassword) {
  for (const std::string url :
       {"", "mysql://u:hunter2@h/d", "sqlite://relative.db", "sqlite://", "host=x password=hunter2",
        "postgres://u:hun/hunter2@h/d", "postgres://u:hun@hunter2@h/d", "/tmp/a\"b.db"}) {
    SCOPED_TRACE(url);
    const auto parsed = ParseDatabaseUrl(url);
    ASSERT_FALSE(parsed);
    EXPECT_THAT(parsed.error().ToString(), Not(HasSubstr("hunter2")));
    EXPECT_NE(parsed.error().hint, "");
  }
}

}  // namespace
}  // namespace reprocess
