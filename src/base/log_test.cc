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
  EXPECT_EQ(json["job"], "j");
  EXPECT_EQ(json["n"], 7);
  EXPECT_EQ(json["yes"], true);
  EXPECT_EQ(json["share"], 0.5);
  EXPECT_EQ(json["text"], "\x01\\ ž");
  EXPECT_TRUE(json.contains("time"));

  SetUpLog(LogLevel::kOff, LogFormat::kJson, {});
  EXPECT_THAT(Written([] { Log(LogLevel::kError, "unseen"); }), IsEmpty());
}

}  // namespace
}  // namespace reprocess
