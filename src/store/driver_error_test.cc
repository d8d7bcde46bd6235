#include "store/driver_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const DatabaseUrl kUrl = *ParseDatabaseUrl("postgres://u:hunter2@db/x");

TEST(DriverError, ASqlstateSaysWhetherWaitingHelps) {
  const struct {
    const char* state;
    Remedy remedy;
    Code code;
  } kRows[] = {
      {"08006", Remedy::kWait, Code::kOther},     // connection lost
      {"57P01", Remedy::kWait, Code::kOther},     // shut down by an administrator
      {"57P03", Remedy::kWait, Code::kOther},     // still starting
      {"25006", Remedy::kWait, Code::kOther},     // read-only: a standby
      {"53300", Remedy::kWait, Code::kOther},     // too many connections
      {"40001", Remedy::kWait, Code::kOther},     // serialization
      {"40P01", Remedy::kWait, Code::kOther},     // deadlock
      {"55P03", Remedy::kWait, Code::kTimedOut},  // lock timeout
      {"57014", Remedy::kWait, Code::kTimedOut},  // statement timeout
      {"42501", Remedy::kStop, Code::kNotAuthorized}, {"42P01", Remedy::kStop, Code::kOther},
      {"23503", Remedy::kStop, Code::kOther},         {"22P05", Remedy::kStop, Code::kOther},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.state);
    const Error error = PostgresError(kUrl, row.state, "no");
    EXPECT_EQ(error.remedy, row.remedy);
    EXPECT_EQ(error.code, row.code);
    EXPECT_EQ(error.where, "postgres://db/x");
  }
}

TEST(DriverError, AMissingRightNamesTheGrant) {
  const struct {
    const char *message, *hint;
  } kRows[] = {
      {"ERROR: permission denied for table reprocessing_files\n", "DELETE ON reprocessing_files "},
      {"ERROR: permission denied for schema public\n", "GRANT USAGE, CREATE ON SCHEMA public "},
      {"ERROR: must be owner of table reprocessing_workers\n", "docs/tables.md"},
  };
  for (const auto& row : kRows) {
    EXPECT_THAT(PostgresError(kUrl, "42501", row.message).hint, HasSubstr(row.hint));
  }
}

TEST(DriverError, ARefusedConnectionIsWaitedForUnlessTheUrlIsToBlame) {
  const struct {
    const char* message;
    Remedy remedy;
  } kRows[] = {
      {"connection to server at \"127.0.0.1\", port 1 failed: Connection refused", Remedy::kWait},
      {"could not translate host name \"db\" to address", Remedy::kWait},
      {"FATAL:  the database system is starting up", Remedy::kWait},
      {"FATAL:  sorry, too many clients already", Remedy::kWait},
      {"FATAL:  password authentication failed for user \"u\"", Remedy::kStop},
      {"FATAL:  database \"x\" does not exist", Remedy::kStop},
      {"invalid port number: \"hunter2\"", Remedy::kStop},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.message);
    const Error error = ConnectError(kUrl, row.message);
    EXPECT_EQ(error.remedy, row.remedy);
    EXPECT_THAT(error.ToString(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(error.ToString(), Not(HasSubstr("\n")));
  }
}

TEST(DriverError, TheServersOwnWordsAreShown) {
  EXPECT_EQ(
      PostgresError(kUrl, "22001", "ERROR:  value too long\nDETAIL:  70 characters\n").ToString(),
      "use the database: value too long DETAIL: 70 characters (postgres://db/x)");
  EXPECT_EQ(ConnectError(kUrl, "refused\n").what, "connect to the database: refused");
}

TEST(DriverError, SqliteSaysWhatToDo) {
  const struct {
    int result;
    Remedy remedy;
    const char* hint;
  } kRows[] = {{5, Remedy::kWait, ""},               // SQLITE_BUSY
               {6, Remedy::kWait, ""},               // SQLITE_LOCKED
               {5 | (2 << 8), Remedy::kWait, ""},    // SQLITE_BUSY_SNAPSHOT
               {13, Remedy::kStop, "make room"},     // SQLITE_FULL
               {8, Remedy::kStop, "writable"},       // SQLITE_READONLY
               {14, Remedy::kStop, "writable"},      // SQLITE_CANTOPEN
               {26, Remedy::kStop, "another one"}};  // SQLITE_NOTADB
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.result);
    const Error error = SqliteError(kUrl, "use", row.result, "no");
    EXPECT_EQ(error.remedy, row.remedy);
    EXPECT_THAT(error.hint, HasSubstr(row.hint));
  }
}

}  // namespace
}  // namespace reprocess
