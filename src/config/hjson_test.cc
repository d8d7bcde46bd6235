#include "config/hjson.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(FlatObject, IsReadFromJsonAndFromHjson) {
  const FlatObject plain = {{"mechanism", "PLAIN"}, {"username", "u"}, {"password", "p"}};
  const struct {
    std::string text;
    FlatObject object;
  } rows[] = {
      {R"({"mechanism":"PLAIN","password":"p\"\u00e9\n"})",
       {{"mechanism", "PLAIN"}, {"password", "p\"é\n"}}},
      {R"({"a":1,"b":true,"c":null,"d":"x","d":"y"})", {{"a", "1"}, {"b", "true"}, {"d", "y"}}},
      {"{}", {}},
      {"", {}},
      {"{\n  mechanism: PLAIN\n  username: u\n  password: p\n}", plain},
      {"mechanism: PLAIN\r\nusername: u\r\npassword: p\r\n", plain},
      {"{mechanism: \"PLAIN\", username: 'u', password: \"p\",}", plain},
      {"# one\n// two\n/* three\n */ mechanism /* x */ : /* y */ PLAIN\nusername: u\n\"password\": "
       "p",
       plain},
      {"password: p w # no comment, {or} \"quotes\"",
       {{"password", "p w # no comment, {or} \"quotes\""}}},
      {"password: a//b", {{"password", "a//b"}}},
      {"{a: 1, b: 2.5e3 // three\n c: true # yes\n d: null, e: f}\n}",
       {{"a", "1"}, {"b", "2.5e3"}, {"c", "true"}, {"e", "f}"}}},
      {"a: 007\nb: 1x\nc: trueish", {{"a", "007"}, {"b", "1x"}, {"c", "trueish"}}},
      {"a: 'it\\'s \"x\"'", {{"a", "it's \"x\""}}},
      {"a: ''", {{"a", ""}}},
      {"a: '''one'''\nb: x", {{"a", "one"}, {"b", "x"}}},
      {"a:\n  '''\n  one\n    two\n  '''\n", {{"a", "one\n  two"}}},
      {"a: x\na: y", {{"a", "y"}}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto object = ParseFlatObject(row.text);
    ASSERT_TRUE(object) << object.error().ToString();
    EXPECT_EQ(*object, row.object);
  }
}

TEST(FlatObject, ThatIsMalformedIsRefusedWithItsLineAndWithoutItsValues) {
  const struct {
    std::string text, message;
  } rows[] = {
      {"{\"a\": {\"b\": \"hunter2\"}}", "a: expected text"},
      {"a: {", "a: expected text"},
      {"a: [hunter2]", "a: expected text"},
      {"x: y\nhunter2", "line 2: expected ':' after a key"},
      {"{\n a: hunter2\n", "line 3: no closing '}'"},
      {"{a: hunter2}", "line 1: no closing '}'"},
      {"a: b\n}", "line 2: '}' without '{'"},
      {"{a: \"hunter2\"} x", "line 1: text after the closing '}'"},
      {"a: \"hunter2", "line 1: a quoted text that does not end"},
      {"a: \"hunter2\nb: c", "line 1: a quoted text that does not end on its line"},
      {"a: \"hunter2\\q\"", "line 1: an escape"},
      {"a: '''hunter2", "line 1: a ''' text that does not end"},
      {"a: 1 /* hunter2", "line 1: a comment that does not end"},
      {"a:", "line 1: no value"},
      {"a: , b: c", "line 1: no value"},
      {"[1]", "line 1: expected a key"},
      {"a: '\\", "line 1: a quoted text that does not end"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto object = ParseFlatObject(row.text);
    ASSERT_FALSE(object);
    EXPECT_THAT(object.error().what, HasSubstr(row.message));
    EXPECT_THAT(object.error().ToString(), Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace reprocess
