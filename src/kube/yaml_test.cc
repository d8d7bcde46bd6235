#include "kube/yaml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::HasSubstr;

std::string Read(const std::string& text, YamlScalars scalars = YamlScalars::kTyped) {
  const auto read = ReadYaml(text, scalars, "read", "f");
  return read ? read->json : read.error().ToString();
}

TEST(Yaml, ScalarsAreWhatTheyLookLikeUnlessTheyAreQuoted) {
  const struct {
    const char *yaml, *typed, *texts;
  } kRows[] = {
      {"a: 1", R"({"a":1})", R"({"a":"1"})"},
      {"a: '1'", R"({"a":"1"})", R"({"a":"1"})"},
      {"a: 1.5", R"({"a":1.5})", R"({"a":"1.5"})"},
      {"a: true", R"({"a":true})", R"({"a":"true"})"},
      {"a: yes", R"({"a":"yes"})", R"({"a":"yes"})"},
      {"a: 007", R"({"a":"007"})", R"({"a":"007"})"},
      {"a: 100m", R"({"a":"100m"})", R"({"a":"100m"})"},
      {"a: ~", R"({"a":null})", R"({"a":null})"},
      {"a:", R"({"a":null})", R"({"a":null})"},
      {"a: ''", R"({"a":""})", R"({"a":""})"},
      {"- {b: [x, 2]}", R"([{"b":["x",2]}])", R"([{"b":["x","2"]}])"},
      {"a: &x {n: 1}\nb: *x", R"({"a":{"n":1},"b":{"n":1}})", R"({"a":{"n":"1"},"b":{"n":"1"}})"},
      {R"({"z":"1","a":[true,null]})", R"({"z":"1","a":[true,null]})",
       R"({"z":"1","a":["true",null]})"},
      {"", "null", "null"}};
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.yaml);
    EXPECT_EQ(Read(row.yaml), row.typed);
    EXPECT_EQ(Read(row.yaml, YamlScalars::kTexts), row.texts);
  }
}

TEST(Yaml, EachValueHasItsLine) {
  const auto read = ReadYaml("image: i\ntolerations:\n  - key: a/b\n    x~y:\n      z: 1\n",
                             YamlScalars::kTyped, "read", "f");
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->lines.at("/image"), 1);
  EXPECT_EQ(read->lines.at("/tolerations/0/key"), 3);
  EXPECT_EQ(read->lines.at("/tolerations/0/x~0y/z"), 5);
}

TEST(Yaml, WhatIsNoYamlIsAnErrorWithItsLineAndWithoutItsText) {
  const std::string error = Read("a: 1\nsecret: [x\n");
  EXPECT_THAT(error, HasSubstr("not YAML, line "));
  EXPECT_THAT(error, ::testing::Not(HasSubstr("secret")));
}

TEST(Yaml, AliasesThatMultiplyAreRefused) {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 20; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}]\n", i, i - 1);
  }
  EXPECT_THAT(Read(bomb), HasSubstr("more than 100000 values"));
}

TEST(Yaml, AJsonTextIsWrittenAsADocumentThatReadsAsTheSame) {
  for (const std::string json :
       {R"({"kind":"Job","spec":{"n":3,"on":true,"none":null,"empty":{},"list":[]}})",
        R"({"texts":["1","true","","a: b","- x","line\nbreak","\"q\"","#"]})",
        R"([[1,[2]],{"a":[]}])"}) {
    const std::string yaml = YamlOf(json);
    EXPECT_EQ(yaml.substr(0, 4), "---\n");
    EXPECT_EQ(Read(yaml), json) << yaml;
  }
  EXPECT_EQ(YamlOf(R"({"kind":"Job","spec":{"args":["x",1]}})"),
            "---\nkind: \"Job\"\nspec:\n  args:\n    - \"x\"\n    - 1\n");
}

}  // namespace
}  // namespace reprocess
