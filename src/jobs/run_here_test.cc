#include "jobs/run_here.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

Counters Sent(std::uint64_t lines) {
  Counters counters;
  counters.lines = counters.success = lines;
  counters.bytes = counters.success_bytes = lines * 10;
  return counters;
}

FileRow FileOf(const Counters& counters) {
  FileRow row;
  row.path = "/a";
  row.counters = counters;
  return row;
}

TEST(CheckBalance, HoldsForShardsAndFilesThatAgree) {
  const std::vector<ShardResult> shards = {{0, Outcome::kComplete, "", Sent(3)},
                                           {1, Outcome::kFailedFiles, "", Sent(4)}};
  const BooksBalance balance = CheckBalance(shards, Sent(7), {});
  EXPECT_THAT(balance.problems, IsEmpty());
  EXPECT_EQ(balance.lost, "");
}

TEST(CheckBalance, NamesTheShardOrFileThatDoesNotAddUp) {
  Counters odd = Sent(3);
  ++odd.lines;
  const std::vector<ShardResult> shards = {{7, Outcome::kComplete, "", odd}};
  const auto problems = CheckBalance(shards, odd, {FileOf(odd)}).problems;
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems[0], HasSubstr("shard 7: lines 4 = sent 3"));
  EXPECT_THAT(problems[1], HasSubstr("/a: lines 4"));
}

TEST(CheckBalance, ComparesFilesWithShardsOnlyWhenAllHaveFinished) {
  std::vector<ShardResult> shards = {{0, Outcome::kStopped, "", Sent(3)}};
  EXPECT_THAT(CheckBalance(shards, Sent(4), {}).problems, IsEmpty());
  shards[0].outcome = Outcome::kComplete;
  EXPECT_THAT(CheckBalance(shards, Sent(4), {}).problems, SizeIs(1));
}

TEST(CheckBalance, RowsThatWereLostAreToldAndAreNoDefect) {
  const std::vector<ShardResult> shards = {{0, Outcome::kComplete, "", Sent(3)}};
  for (const Counters& files : {Sent(2), Sent(0)}) {
    const BooksBalance balance = CheckBalance(shards, files, {});
    EXPECT_THAT(balance.problems, IsEmpty());
    EXPECT_THAT(balance.lost, HasSubstr("of 3 lines"));
  }
}

TEST(CheckBalance, AnOlderRowOfAFileThatFailedThenIsNoDefectEither) {
  const std::vector<ShardResult> shards = {{0, Outcome::kComplete, "", Sent(3)}};
  Counters older = Sent(2);
  ++older.lines;
  ++older[Reason::kUnreadable];
  const BooksBalance balance = CheckBalance(shards, older, {});
  EXPECT_THAT(balance.problems, IsEmpty());
  EXPECT_THAT(balance.lost, HasSubstr("2 of 3 sent"));
}

TEST(NewJobId, SortsByTimeAndIsFitForATransactionalId) {
  const std::string id = NewJobId(*ParseRfc3339("2026-05-01T14:22:33.5Z"));
  EXPECT_THAT(id, MatchesRegex("20260501-142233-[0-9a-f]+"));
  EXPECT_EQ(id.size(), 22U);
  EXPECT_NE(id, NewJobId(*ParseRfc3339("2026-05-01T14:22:33.5Z")));
}

}  // namespace
}  // namespace reprocess
