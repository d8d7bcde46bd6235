// What an operator changes while a job runs, and what shards say of it.
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using namespace std::string_literals;

class ControlsContract : public StoresContract {};

INSTANTIATE_TEST_SUITE_P(Over, ControlsContract,
                         ::testing::Values(Backend::kSqlite, Backend::kPostgres),
                         [](const auto& over) {
                           return over.param == Backend::kSqlite ? "Sqlite"s : "Postgres"s;
                         });

TEST_P(ControlsContract, WithoutARowNothingIsChanged) {
  EXPECT_EQ(books_->Controls("job"), JobControls{});
  EXPECT_EQ(OpenQueryObject()->Controls("job"), JobControls{});
}

TEST_P(ControlsContract, EachChangeLeavesTheOtherColumnsAsTheyAre) {
  const auto queries = OpenQueryObject();
  JobControls wanted;
  ASSERT_OK(queries->SetControls("job", {.paused = true}));
  wanted.paused = true;
  EXPECT_EQ(books_->Controls("job"), wanted);
  ASSERT_OK(queries->SetControls(
      "job", {.max_messages_per_second = 5'000'000'000, .max_consumer_lag = 0}));
  wanted.max_messages_per_second = 5'000'000'000;
  wanted.max_consumer_lag = 0;
  EXPECT_EQ(books_->Controls("job"), wanted);
  const std::vector<std::string> groups = {"g,1", "\"quoted\" 'g'", "žluť"};
  ASSERT_OK(queries->SetControls("job", {.paused = false, .lag_groups = groups}));
  wanted.paused = false;
  wanted.lag_groups = groups;
  EXPECT_EQ(books_->Controls("job"), wanted);
  EXPECT_EQ(queries->Controls("job"), wanted);
  ControlsChange back;
  back.max_messages_per_second.emplace(std::nullopt);
  back.lag_groups.emplace(std::nullopt);
  ASSERT_OK(queries->SetControls("job", back));
  EXPECT_EQ(books_->Controls("job"), (JobControls{.max_consumer_lag = 0}));
  EXPECT_EQ(Text("SELECT COUNT(*) FROM reprocessing_controls"), "1");
}

TEST_P(ControlsContract, ARowWrittenByHandCounts) {
  database_.Run(
      "INSERT INTO reprocessing_controls (job_id, max_bytes_per_second, lag_groups, updated_at) "
      "VALUES ('job', 7, '[\"g\"]', '2026-05-01T00:00:00Z')");
  EXPECT_EQ(books_->Controls("job"),
            (JobControls{.max_bytes_per_second = 7, .lag_groups = std::vector<std::string>{"g"}}));
}

TEST_P(ControlsContract, AnImpossibleValueIsAnErrorThatNamesTheColumn) {
  ASSERT_OK(OpenQueryObject()->SetControls("job", {.paused = true}));
  for (const char* set : {"max_consumer_lag = -1", "lag_groups = 'g1,g2'", "lag_groups = '[1]'"}) {
    database_.Run("UPDATE reprocessing_controls SET max_consumer_lag = NULL, lag_groups = NULL");
    database_.Run("UPDATE reprocessing_controls SET "s + set);
    const auto controls = books_->Controls("job");
    ASSERT_FALSE(controls) << set;
    const std::string column = std::string(set).substr(0, std::string(set).find(' '));
    EXPECT_NE(controls.error().what.find(column), std::string::npos) << controls.error().what;
  }
}

TEST_P(ControlsContract, AJobThatDoesNotExistHasNoControls) {
  const auto set = OpenQueryObject()->SetControls("no such job", {.paused = true});
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, Code::kNotFound);
}

TEST_P(ControlsContract, APlanOfTheSameNameBeginsWithoutThem) {
  const auto queries = OpenQueryObject();
  ASSERT_OK(queries->SetControls("job", {.paused = true}));
  database_.Run("DELETE FROM reprocessing_jobs");
  ASSERT_OK(queries->StorePlan({.job_id = "job", .config = "{}", .files = {}}));
  EXPECT_EQ(books_->Controls("job"), JobControls{});
}

TEST_P(ControlsContract, AShardIsAliveWhileItsHeartbeatMoves) {
  EXPECT_EQ(books_->ShardsAlive("job", Milliseconds(60'000)), 0);
  ASSERT_OK(books_->Claim({"job", 0}, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  ASSERT_OK(books_->Claim({"job", 1}, Mode::kExactlyOnce, OwnerOf("b", 1), "c", {}));
  ASSERT_OK(books_->Claim({"another", 2}, Mode::kExactlyOnce, OwnerOf("c", 1), "c", {}));
  EXPECT_EQ(books_->ShardsAlive("job", Milliseconds(60'000)), 2);
  database_.Run(
      "UPDATE reprocessing_shards SET heartbeat_ms = heartbeat_ms - 120000 WHERE shard = 1");
  EXPECT_EQ(books_->ShardsAlive("job", Milliseconds(60'000)), 1);
  ASSERT_OK(books_->Heartbeat({"job", 1}, OwnerOf("b", 1)));
  EXPECT_EQ(books_->ShardsAlive("job", Milliseconds(60'000)), 2);
}

TEST_P(ControlsContract, WhatHoldsAShardBackIsItsOwnersToSayUntilTheNextClaim) {
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  EXPECT_EQ(books_->Find(shard_)->value().throttle, "");
  ASSERT_OK(books_->StoreSigns(shard_, OwnerOf("a", 1),
                               {.throttle = "consumer lag 1,234 of group \x01"}));
  EXPECT_EQ(books_->Find(shard_)->value().throttle, "consumer lag 1,234 of group \x01");
  const auto shards = OpenQueryObject()->Shards("job");
  ASSERT_OK(shards);
  EXPECT_EQ(shards->front().shard->throttle, "consumer lag 1,234 of group \x01");
  const auto other = books_->StoreSigns(shard_, OwnerOf("b", 1), {.throttle = "paused"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().remedy, Remedy::kFenced);
  ASSERT_OK(books_->StoreSigns(shard_, OwnerOf("a", 1), {.throttle = ""}));
  EXPECT_EQ(Text("SELECT throttle FROM reprocessing_shards"), "(null)");
  ASSERT_OK(books_->StoreSigns(shard_, OwnerOf("a", 1), {.throttle = "paused"}));
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("b", 2), "c", {}));
  EXPECT_EQ(books_->Find(shard_)->value().throttle, "");
}

TEST_P(ControlsContract, AShardThatWasGivenBackHasNoHeartbeatUntilItIsClaimedAgain) {
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  EXPECT_FALSE(books_->Find(shard_)->value().given_back());
  const auto other = books_->GiveBack(shard_, OwnerOf("b", 1));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().remedy, Remedy::kFenced);
  ASSERT_OK(books_->GiveBack(shard_, OwnerOf("a", 1)));
  const ShardRow given = books_->Find(shard_)->value();
  EXPECT_TRUE(given.given_back());
  EXPECT_TRUE(ParseRfc3339(given.stopped_at)) << given.stopped_at;
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("b", 2), "c", {}));
  EXPECT_FALSE(books_->Find(shard_)->value().given_back());
  EXPECT_EQ(books_->Find(shard_)->value().stopped_at, "");
}

TEST_P(ControlsContract, WhatAShardHasReadIsKeptOverClaimsAndEachSignByItself) {
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  EXPECT_EQ(books_->Find(shard_)->value().stored_bytes, std::nullopt);
  ASSERT_OK(books_->StoreSigns(shard_, OwnerOf("a", 1), {.throttle = "paused", .stored_bytes = 5}));
  ASSERT_OK(books_->StoreSigns(shard_, OwnerOf("a", 1), {.stored_bytes = 7, .consumer_lag = 9}));
  EXPECT_EQ(books_->Find(shard_)->value().consumer_lag, 9U);
  ASSERT_OK(books_->StoreSigns(shard_, OwnerOf("a", 1), {}));
  EXPECT_EQ(books_->Find(shard_)->value().stored_bytes, 7U);
  EXPECT_EQ(books_->Find(shard_)->value().throttle, "paused");
  ASSERT_OK(books_->Claim(shard_, Mode::kExactlyOnce, OwnerOf("b", 2), "c", {}));
  EXPECT_EQ(books_->Find(shard_)->value().stored_bytes, 7U);
}

TEST_P(ControlsContract, MaxErrorsIsSetAndTakenBack) {
  ASSERT_OK(books_->EnsureJob({"job", "running", "{}", 1, 1, true}));
  const auto queries = OpenQueryObject();
  ASSERT_OK(queries->SetControls("job", {.max_errors = MaxErrors{.hundredths = 250}}));
  EXPECT_EQ(books_->Controls("job")->max_errors, MaxErrors{.hundredths = 250});
  ASSERT_OK(queries->SetControls("job", {.max_errors = std::optional<MaxErrors>()}));
  EXPECT_EQ(books_->Controls("job"), JobControls{});
}

}  // namespace
}  // namespace reprocess
