#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/help.h"
#include "cli/numbers.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T Parse(const std::vector<std::string>& words) {
  auto parsed = ParseArguments(words);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().ToString());
  return std::get<T>(*parsed);
}

TEST(Arguments, OfRunAreKeptAsGiven) {
  const auto run = Parse<RunArguments>({"run", "a", "--stream", "s1", "b", "--stream=s2", "--from",
                                        "2026-05-01", "--dry-run", "--shards", "4", "c"});
  EXPECT_THAT(run.paths, ElementsAre("a", "b", "c"));
  EXPECT_THAT(run.filter.streams, ElementsAre("s1", "s2"));
  EXPECT_EQ(run.filter.from, "2026-05-01");
  EXPECT_EQ(run.shards, "4");
  EXPECT_TRUE(run.dry_run);
  EXPECT_FALSE(run.json);
}

TEST(Arguments, APathBehindTwoHyphensMayLookLikeAnOption) {
  EXPECT_THAT(Parse<RunArguments>({"run", "--dry-run", "--", "--odd"}).paths, ElementsAre("--odd"));
}

TEST(Arguments, AloneAskForHelpAndHelpKnowsItsCommand) {
  EXPECT_EQ(Parse<HelpArguments>({}).command, "");
  EXPECT_EQ(Parse<HelpArguments>({"--help"}).command, "");
  EXPECT_EQ(Parse<HelpArguments>({"errors", "--help"}).command, "errors");
  EXPECT_EQ(Parse<HelpArguments>({"help"}).command, "");
  EXPECT_EQ(Parse<HelpArguments>({"help", "errors"}).command, "errors");
  for (const char* word : {"--version", "-V", "version"}) Parse<VersionArguments>({word});
  EXPECT_EQ(Parse<CompletionArguments>({"completion", "zsh"}).shell, "zsh");
  Parse<SchemaArguments>({"schema"});
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
  };
  for (const auto& row : rows) {
    const auto parsed = ParseArguments(row.words);
    ASSERT_FALSE(parsed) << row.words.front();
    EXPECT_THAT(parsed.error().what, HasSubstr(row.what));
    EXPECT_THAT(parsed.error().hint, HasSubstr(row.hint));
  }
}

TEST(Help, OfEveryCommandHasExamplesAndFitsATerminal) {
  for (const auto& command : DescribeCommands()) {
    const std::string text = HelpText(command.name);
    EXPECT_THAT(text, HasSubstr("Examples:\n  # ")) << command.name;
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
