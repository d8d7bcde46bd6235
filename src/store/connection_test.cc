#include "store/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using ::testing::HasSubstr;

TEST(Positional, NamesBecomeNumbersAndTextInQuotesStays) {
  const std::vector<Arg> args = {{"job", "j"}, {"most", 5}, {"unused", nullptr}, {"j", 1}};
  const struct {
    const char *sql, *expected;
    std::vector<const char*> names;
  } kRows[] = {
      {"SELECT 1", "SELECT 1", {}},
      {"a = :most AND b = :job LIMIT :most", "a = $1 AND b = $2 LIMIT $1", {"most", "job"}},
      {"VALUES (:job,:j)", "VALUES ($1,$2)", {"job", "j"}},
      {"to_char(t, 'HH24:MI:SS \"T\"') || ':job'", "to_char(t, 'HH24:MI:SS \"T\"') || ':job'", {}},
      {"\"odd:job\" = :job::text", "\"odd:job\" = $1::text", {"job"}},
      {"'it''s :job' = :job", "'it''s :job' = $1", {"job"}},
      {"'not closed :job", "'not closed :job", {}},
      {"ends with :", "ends with :", {}},
      {"a[1 : 2]", "a[1 : 2]", {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.sql);
    const auto statement = PositionalOf(row.sql, args, '$');
    ASSERT_TRUE(statement);
    EXPECT_EQ(statement->sql, row.expected);
    ASSERT_EQ(statement->args.size(), row.names.size());
    for (std::size_t i = 0; i < row.names.size(); ++i) {
      EXPECT_EQ(statement->args[i]->name, row.names[i]);
    }
  }
}

TEST(Positional, ANameWithoutAValueIsAnError) {
  const auto statement = PositionalOf("a = :jobs", {{"job", "j"}}, '?');
  ASSERT_FALSE(statement);
  EXPECT_THAT(statement.error().what, HasSubstr(":jobs"));
}

}  // namespace
}  // namespace reprocess
