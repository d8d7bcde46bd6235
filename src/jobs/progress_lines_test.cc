#include "jobs/progress_lines.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/checkpoint.h"

namespace reprocess {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

// What the line of this moment says; nothing when none is due.
std::map<std::string, std::string> LineAt(ProgressLines& lines, seconds now, const WorkerRow& row,
                                          const Checkpoint& checkpoint) {
  std::map<std::string, std::string> said;
  if (const auto fields = lines.Due(SteadyTime(now), row, Encode(checkpoint))) {
    for (const LogField& field : *fields) said[field.key] = field.value;
  }
  return said;
}

Checkpoint After(std::uint64_t lines, std::uint64_t bytes) {
  Checkpoint at;
  at.file.lines = at.file.success = at.shard.lines = at.shard.success = lines;
  at.file.bytes = at.file.success_bytes = at.shard.bytes = at.shard.success_bytes = bytes;
  return at;
}

WorkerRow RowOf(const Checkpoint& at, std::string file) {
  WorkerRow row;
  row.current_file = std::move(file);
  row.current_line = at.file.lines;
  row.total_bytes = 4'000;
  row.processed_bytes = at.processed_bytes;
  row.counters = at.shard;
  return row;
}

TEST(ProgressLines, SayEvery30SecondsWhereAShardIsAndHowLongItTakes) {
  ProgressLines lines;
  const Checkpoint first = After(100, 1'000), then = After(400, 2'000);
  EXPECT_TRUE(LineAt(lines, seconds(0), RowOf(first, "a"), first).empty());
  EXPECT_TRUE(LineAt(lines, seconds(29), RowOf(then, "a"), then).empty());
  EXPECT_THAT(
      LineAt(lines, seconds(30), RowOf(then, "a"), then),
      testing::UnorderedElementsAre(Pair("file", "a"), Pair("line", "400"), Pair("sent", "400"),
                                    Pair("unsent", "0"), Pair("lines_per_second", "10"),
                                    Pair("percent", "50"), Pair("seconds_left", "60")));
  EXPECT_THAT(
      LineAt(lines, seconds(60), RowOf(then, "a"), then),
      testing::AllOf(Contains(Pair("lines_per_second", "0")), Not(Contains(Key("seconds_left")))));
}

TEST(ProgressLines, CountBytesAsTheyAreStored) {
  ProgressLines lines;
  Checkpoint at = After(100, 8'000);
  EXPECT_TRUE(LineAt(lines, seconds(0), RowOf(at, "a.gz"), at).empty());
  EXPECT_THAT(LineAt(lines, seconds(30), RowOf(at, "a.gz"), at), Contains(Pair("percent", "25")))
      << "a guess: a byte becomes 8";
  at.processed_bytes = 2'000;  // of a file of 10,000 bytes: a byte became 5
  at.shard.bytes = at.shard.success_bytes = 15'000;
  at.file.bytes = at.file.success_bytes = 5'000;
  EXPECT_THAT(LineAt(lines, seconds(60), RowOf(at, "b.gz"), at), Contains(Pair("percent", "75")));
}

}  // namespace
}  // namespace reprocess
