#include "store/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Positional, NamesBecomePlacesAndTextInQuotesStays) {
  const struct {
    const char *sql, *numbered, *each;
    std::vector<std::string> names, occurrences;
  } kRows[] = {
      {"SELECT 1", "SELECT 1", "SELECT 1", {}, {}},
      {"a = :most AND b = :job LIMIT :most",
       "a = $1 AND b = $2 LIMIT $1",
       "a = ? AND b = ? LIMIT ?",
       {"most", "job"},
       {"most", "job", "most"}},
      {"VALUES (:job,:j)", "VALUES ($1,$2)", "VALUES (?,?)", {"job", "j"}, {"job", "j"}},
      {"to_char(t, 'HH24:MI:SS \"T\"') || ':job'",
       "to_char(t, 'HH24:MI:SS \"T\"') || ':job'",
       "to_char(t, 'HH24:MI:SS \"T\"') || ':job'",
       {},
       {}},
      {"\"odd:job\" = :job::text",
       "\"odd:job\" = $1::text",
       "\"odd:job\" = ?::text",
       {"job"},
       {"job"}},
      {"'it''s :job' = :job", "'it''s :job' = $1", "'it''s :job' = ?", {"job"}, {"job"}},
      {"'not closed :job", "'not closed :job", "'not closed :job", {}, {}},
      {"ends with :", "ends with :", "ends with :", {}, {}},
      {"a[1 : 2]", "a[1 : 2]", "a[1 : 2]", {}, {}},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.sql);
    const Positional numbered = PositionalOf(row.sql, Places::kNumbered);
    EXPECT_EQ(numbered.sql, row.numbered);
    EXPECT_EQ(numbered.names, row.names);
    const Positional each = PositionalOf(row.sql, Places::kEach);
    EXPECT_EQ(each.sql, row.each);
    EXPECT_EQ(each.names, row.occurrences);
  }
}

TEST(Positional, ValuesAreFoundByNameInAnyOrder) {
  const std::vector<Arg> args = {{"job", "j"}, {"most", 5}, {"unused", nullptr}, {"j", 1}};
  const auto values = ValuesFor({"j", "job", "job", "most", "job"}, args);
  ASSERT_TRUE(values);
  EXPECT_THAT(*values, ElementsAre(&args[3].value, &args[0].value, &args[0].value, &args[1].value,
                                   &args[0].value));
}

TEST(Positional, ANameWithoutAValueIsAnError) {
  for (const std::vector<Arg>& args : {std::vector<Arg>{{"job", "j"}}, std::vector<Arg>{}}) {
    const auto values = ValuesFor({"jobs"}, args);
    ASSERT_FALSE(values);
    EXPECT_THAT(values.error().what, HasSubstr(":jobs"));
  }
}

}  // namespace
}  // namespace reprocess
