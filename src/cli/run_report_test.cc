#include "cli/run_report.h"

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(RunReport, WhatAShardSaysSteersNoTerminalAndKeepsItsLines) {
  RunReport report;
  report.shards.push_back(
      {3, Outcome::kFailedFiles, "the first is /in/\x1b[2J.gz: run\nCREATE TABLE", {}});
  report.unbalanced = {"/in/\x1b[2J.gz: its lines are not sent + skipped + errors"};
  const std::string text = ReportText(report, {}, {});
  EXPECT_THAT(text, HasSubstr("shard 3: the first is /in/?[2J.gz: run\n  CREATE TABLE\n"));
  EXPECT_THAT(text, HasSubstr("  /in/?[2J.gz: its lines"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace reprocess
