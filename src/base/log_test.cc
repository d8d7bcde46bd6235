#include "base/log.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace reprocess {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

// What one call of `log` writes to stderr.
template <class Logging>
std::string Written(Logging logging) {
  ::testing::internal::CaptureStderr();
  logging();
  return ::testing::internal::GetCapturedStderr();
}

// In one test: the format is set once in a process, text comes first.
TEST(Log, WritesTextThenJsonAndNothingBelowItsLevel) {
  SetUpLog(LogLevel::kInfo, LogFormat::kText, {{"job", "j 1"}, {"shard", 3}});
  EXPECT_THAT(Written([] { Log(LogLevel::kDebug, "unseen"); }), IsEmpty());
  const std::string text = Written([] {
    Log(LogLevel::kWarn, "line not sent",
        {{"file", "a.gz"}, {"line", 7}, {"why", "byte \"x\" = 1\n"}, {"empty", ""}});
  });
  EXPECT_THAT(text, MatchesRegex("[0-9-]+T[0-9:.]+Z warn(ing)? +line not sent job=.*\n"));
  EXPECT_THAT(text, HasSubstr(R"( line not sent job="j 1" shard=3 file=a.gz line=7)"));
  EXPECT_THAT(text, HasSubstr(R"( why="byte \"x\" = 1\u000a" empty="")"));

  EXPECT_THAT(
      Written([] { Log(LogLevel::kWarn, "a\x1b[2J\n  b\u202e", {{"file", "x\u2066y\u009b"}}); }),
      HasSubstr("a\\u001b[2J\n  b\\u202e job=\"j 1\" shard=3 file=\"x\\u2066y\\u009b\"\n"))
      << "a terminal obeys nothing of it";

  EXPECT_THAT(Written([] {
                const LogScope scope({{"part", 4}});
                Log(LogLevel::kWarn, "scoped", {{"why", "x"}});
                Log(LogLevel::kWarn, "scoped", {{"why", "x"}});
                Log(LogLevel::kWarn, "scoped", {{"why", "x"}});
                LogRepeated(true);
              }),
              MatchesRegex(".* scoped job=\"j 1\" shard=3 part=4 why=x\n"
                           ".* scoped .repeated 2 times. job=\"j 1\" shard=3 part=4 why=x\n"));
  EXPECT_THAT(Written([] { Log(LogLevel::kWarn, "elsewhere"); }), EndsWith("shard=3\n"));

  SetUpLog(LogLevel::kWarn, LogFormat::kJson, {{"job", "j"}});
  EXPECT_THAT(Written([] { Log(LogLevel::kInfo, "unseen"); }), IsEmpty());
  const std::string line = Written([] {
    Log(LogLevel::kError, "it \"broke\"\t",
        {{"n", 7}, {"yes", true}, {"share", 0.5}, {"text", "\x01\\ ž"}});
  });
  EXPECT_THAT(line, EndsWith("\n"));
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["message"], "it \"broke\"\t");
  EXPECT_THAT(Written([] { Log(LogLevel::kError, "\u202e\u200f\u061c"); }),
              HasSubstr(R"("\u202e\u200f\u061c")"));
  EXPECT_EQ(json["job"], "j");
  EXPECT_EQ(json["n"], 7);
  EXPECT_EQ(json["yes"], true);
  EXPECT_EQ(json["share"], 0.5);
  EXPECT_EQ(json["text"], "\x01\\ ž");
  EXPECT_TRUE(json.contains("time"));
  EXPECT_EQ(nlohmann::json::parse(Written([] {
              Log(LogLevel::kError, "a name", {{"file", "a\xFF\xC0\x80ž\xED\xA0\x80"}});
            }))["file"],
            "a\ufffd\ufffd\ufffdž\ufffd\ufffd\ufffd")
      << "what is not UTF-8 does not break a line";

  const auto again = [] { Log(LogLevel::kWarn, "away", {{"why", "no route"}}); };
  EXPECT_THAT(Written(again), HasSubstr("no route"));
  EXPECT_THAT(Written(again), IsEmpty());
  EXPECT_THAT(Written([] { LogRepeated(); }), IsEmpty()) << "its window is not over";
  const auto folded = nlohmann::json::parse(Written([] { LogRepeated(true); }));
  EXPECT_EQ(folded["message"], "away");
  EXPECT_EQ(folded["repeated"], 1);
  EXPECT_FALSE(json.contains("repeated"));

  SetUpLog(LogLevel::kOff, LogFormat::kJson, {});
  EXPECT_THAT(Written([] { Log(LogLevel::kError, "unseen"); }), IsEmpty());
}

}  // namespace
}  // namespace reprocess
