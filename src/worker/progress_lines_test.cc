#include "worker/progress_lines.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

// What the line of this moment says; nothing when none is due.
std::map<std::string, std::string> LineAt(ProgressLines& lines, seconds now, const WorkerRow& row) {
  std::map<std::string, std::string> said;
  if (const auto fields = lines.Due(SteadyTime(now), row)) {
    for (const LogField& field : *fields) said[field.key] = field.value;
  }
  return said;
}

WorkerRow RowOf(std::uint64_t lines, std::uint64_t stored_bytes) {
  WorkerRow row;
  row.current_file = "a.gz";
  row.current_line = row.counters.lines = row.counters.success = lines;
  row.total_bytes = 4'000;
  row.stored_bytes = stored_bytes;
  return row;
}

TEST(ProgressLines, SayEvery30SecondsWhereAShardIsAndHowLongItTakes) {
  ProgressLines lines;
  EXPECT_TRUE(LineAt(lines, seconds(0), RowOf(100, 1'000)).empty());
  EXPECT_TRUE(LineAt(lines, seconds(29), RowOf(400, 2'000)).empty());
  EXPECT_THAT(
      LineAt(lines, seconds(30), RowOf(400, 2'000)),
      testing::UnorderedElementsAre(Pair("file", "a.gz"), Pair("line", "400"), Pair("sent", "400"),
                                    Pair("unsent", "0"), Pair("lines_per_second", "10"),
                                    Pair("percent", "50"), Pair("seconds_left", "60")));
  EXPECT_THAT(
      LineAt(lines, seconds(60), RowOf(400, 2'000)),
      testing::AllOf(Contains(Pair("lines_per_second", "0")), Not(Contains(Key("seconds_left")))));
}

}  // namespace
}  // namespace reprocess
