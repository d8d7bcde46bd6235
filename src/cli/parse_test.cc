#include "cli/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/job_options.h"
#include "cli/numbers.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using option::kDryRun, option::kFrom, option::kJson, option::kShards, option::kStream;

Asked Ask(const std::vector<std::string>& words) {
  auto asked = Parse(words);
  EXPECT_TRUE(asked) << (asked ? "" : asked.error().ToString());
  return *asked;
}

TEST(Arguments, OfRunAreKeptAsGiven) {
  const auto asked = Ask({"run", "a", "--stream", "s1", "b", "--stream=s2", "--from", "2026-05-01",
                          "--dry-run", "--shards", "4", "c"});
  EXPECT_EQ(asked.what, Asked::For::kCommand);
  EXPECT_EQ(asked.command->name, "run");
  const Given& run = asked.given;
  EXPECT_THAT(run.arguments, ElementsAre("a", "b", "c"));
  EXPECT_THAT(run.All(kStream), ElementsAre("s1", "s2"));
  EXPECT_EQ(run.Text(kFrom), "2026-05-01");
  EXPECT_EQ(run.Text(kShards), "4");
  EXPECT_TRUE(run.Has(kDryRun));
  EXPECT_FALSE(run.Has(kJson));
}

TEST(Arguments, APathMayLookLikeAnOptionBehindTwoHyphensOrLikeACommand) {
  EXPECT_THAT(Ask({"run", "--dry-run", "--", "--odd"}).given.arguments, ElementsAre("--odd"));
  EXPECT_THAT(Ask({"run", "status", "--dry-run"}).given.arguments, ElementsAre("status"));
}

TEST(Arguments, AloneAskForHelpAndHelpKnowsItsCommand) {
  const auto helped = [](const std::vector<std::string>& words) {
    const auto asked = Ask(words);
    EXPECT_EQ(asked.what, Asked::For::kHelp);
    return asked.command == nullptr ? "" : asked.command->name;
  };
  EXPECT_EQ(helped({}), "");
  EXPECT_EQ(helped({"--help"}), "");
  EXPECT_EQ(helped({"errors", "--help"}), "errors");
  EXPECT_EQ(helped({"--help", "errors"}), "errors");
  EXPECT_EQ(helped({"help"}), "");
  EXPECT_EQ(helped({"help", "errors"}), "errors");
  for (const char* word : {"--version", "-V", "version"}) {
    EXPECT_EQ(Ask({word}).what, Asked::For::kVersion);
  }
  EXPECT_THAT(Ask({"completion", "zsh"}).given.arguments, ElementsAre("zsh"));
  EXPECT_EQ(Ask({"schema"}).command->name, "schema");
}

TEST(Arguments, ThatAreWrongAreRefusedWithAHint) {
  struct Row {
    std::vector<std::string> words;
    const char *what, *hint;
  };
  const Row rows[] = {
      {{"run", "a", "--shard", "4"}, "unknown option --shard", "did you mean --shards?"},
      {{"run", "a", "--colour=x"}, "unknown option --colour", "reprocess run --help"},
      {{"rum"}, "unknown command rum", "did you mean run?"},
      {{"help", "rum"}, "unknown command rum", "did you mean run?"},
      {{"hlep"}, "unknown command hlep", "did you mean help?"},
      {{"help", "run", "x"}, "unexpected argument x", "reprocess --help"},
      {{"version", "x"}, "unexpected argument x", "reprocess --help"},
      {{"frobnicate"}, "unknown command frobnicate", "reprocess --help"},
      {{"--frobnicate"}, "unknown option --frobnicate", "reprocess --help"},
      {{"errors"}, "JOB is required", "reprocess errors --help"},
      {{"status", "a", "b"}, "unexpected argument b", "reprocess status --help"},
      {{"run", "a", "--from"}, "--from", "reprocess run --help"},
      {{"run", "--job", "a", "--job", "b"}, "--job", "reprocess run --help"},
  };
  for (const auto& row : rows) {
    const auto parsed = Parse(row.words);
    ASSERT_FALSE(parsed) << row.words.front();
    EXPECT_THAT(parsed.error().what, HasSubstr(row.what));
    EXPECT_THAT(parsed.error().hint, HasSubstr(row.hint));
  }
}

TEST(Help, OfEveryCommandHasExamplesAndFitsATerminal) {
  for (const Command* command : kCommands) {
    const std::string text = HelpText(command);
    EXPECT_THAT(text, HasSubstr("Examples:\n  # ")) << command->name;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto line = rest.substr(0, rest.find('\n'));
      EXPECT_LE(WidthOf(line), 100U) << line;
      rest.remove_prefix(line.size() + 1);
    }
  }
}

}  // namespace
}  // namespace reprocess
