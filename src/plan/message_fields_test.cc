#include "plan/message_fields.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(MessageFields, AreCutOutOfAnyValidObject) {
  struct Row {
    const char *text, *type, *created, *stream;
  };
  const Row rows[] = {
      {R"({"type":"page","messageCreated":"2026","origin":{"sourceId":"s1","slug":"x"}})", "page",
       "2026", "s1"},
      {R"({ "origin" : { "a" : [1,{"sourceId":"no"}] , "slug" : "x" } , "type" : "t" })", "t", "",
       "x"},
      {R"({"a":"}\",{","b":[[],{"type":"inner"}],"c":1e999,"d":null,"type":"outer"})", "outer", "",
       ""},
      {R"({"type":"a","type":"b"})", "b", "", ""},
      {R"({"type":1,"origin":"s1"})", "", "", ""},
      {R"({"ty\u0070e":"p\u00e4ge"})", "p\xc3\xa4ge", "", ""},
      {R"({"type":"\ud800"})", "\\ud800", "", ""},
      {R"({"origin":{"sourceId":"","slug":"x"}})", "", "", "x"},
      {R"({})", "", "", ""},
  };
  for (const auto& row : rows) {
    const MessageFields fields = FieldsOf(row.text);
    EXPECT_EQ(fields.type, row.type) << row.text;
    EXPECT_EQ(fields.created, row.created) << row.text;
    EXPECT_EQ(fields.stream, row.stream) << row.text;
  }
}

}  // namespace
}  // namespace reprocess
