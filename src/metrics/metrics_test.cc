#include "metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kLabels = R"({job_id="j",shard="3"})";

// The value of a metric with exactly these labels; "absent".
std::string ValueOf(const Metrics& metrics, const std::string& name,
                    std::string_view labels = kLabels) {
  const std::string text = "\n" + metrics.Text(), head = "\n" + name + std::string(labels) + " ";
  const auto at = text.find(head);
  if (at == std::string::npos) return "absent";
  const auto begin = at + head.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

Checkpoint Books() {
  Checkpoint checkpoint;
  checkpoint.list_position = 7;
  checkpoint.place = {88'200, 1'042, {}};
  checkpoint.processed_files = 2;
  checkpoint.processed_bytes = 3'000'000'000;
  checkpoint.failed_files = 1;
  checkpoint.shard.lines = 20'000'000'123;
  checkpoint.shard.success = 20'000'000'000;
  checkpoint.shard.success_bytes = 9'007'199'254'740'991;
  checkpoint.shard.bytes = 9'007'199'254'740'992;
  checkpoint.shard[Reason::kDate] = 100;
  checkpoint.shard[Reason::kOversized] = 23;
  return checkpoint;
}

TEST(Metrics, ShowTheBooksOfTheLastCheckpointToTheLastDigit) {
  Metrics metrics("j");
  ShardMetrics& shard = metrics.Shard(3);
  shard.Committed(Books(), WallTime(std::chrono::microseconds(1'777'000'000'500'000)));
  EXPECT_EQ(ValueOf(metrics, "reprocess_lines_total"), "20000000123");
  EXPECT_EQ(ValueOf(metrics, "reprocess_sent_lines_total"), "20000000000");
  EXPECT_EQ(ValueOf(metrics, "reprocess_sent_bytes_total"), "9007199254740991");
  EXPECT_EQ(
      ValueOf(metrics, "reprocess_skipped_lines_total", R"({job_id="j",reason="date",shard="3"})"),
      "100");
  EXPECT_EQ(ValueOf(metrics, "reprocess_error_lines_total",
                    R"({job_id="j",reason="oversized",shard="3"})"),
            "23");
  EXPECT_EQ(ValueOf(metrics, "reprocess_checkpoint_file"), "7");
  EXPECT_EQ(ValueOf(metrics, "reprocess_checkpoint_line"), "1042");
  EXPECT_EQ(ValueOf(metrics, "reprocess_checkpoint_byte"), "88200");
  EXPECT_EQ(ValueOf(metrics, "reprocess_failed_files"), "1");
  EXPECT_EQ(ValueOf(metrics, "reprocess_last_commit_timestamp_seconds"), "1777000000.5");
}

TEST(Metrics, EveryNameIsThereBeforeAnythingHappensAndNoneHasAFile) {
  Metrics metrics("j");
  metrics.Shard(3);
  const std::string text = metrics.Text();
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    EXPECT_THAT(text, HasSubstr(std::string("reason=\"").append(kReasonNames[i]) + "\""));
  }
  for (const std::string_view state : kShardPhaseNames) {
    EXPECT_EQ(ValueOf(metrics, "reprocess_shard_state",
                      std::string(R"({job_id="j",shard="3",state=")").append(state) + "\"}"),
              state == "starting" ? "1" : "0");
  }
  EXPECT_EQ(ValueOf(metrics, "reprocess_commit_seconds_count"), "0");
  EXPECT_THAT(text, HasSubstr("reprocess_build_info{version=\""));
  WorkerRow row;
  row.current_file = "/secret/name.ndjson";
  metrics.Shard(3).Progress(row);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("name.ndjson")));
}

TEST(Metrics, CountersNeverFallWhenBooksTakeAFailureBack) {
  Metrics metrics("j");
  ShardMetrics& shard = metrics.Shard(3);
  Checkpoint books = Books();
  books.shard[Reason::kUnreadable] = 1;
  shard.Committed(books, {});
  books.shard[Reason::kUnreadable] = 0;
  --books.shard.lines;
  shard.Committed(books, {});
  EXPECT_EQ(ValueOf(metrics, "reprocess_lines_total"), "20000000123");
  books.shard.lines += 5;
  shard.Committed(books, {});
  EXPECT_EQ(ValueOf(metrics, "reprocess_lines_total"), "20000000127");
}

TEST(Metrics, AJobIdOfAnyTextIsQuoted) {
  Metrics metrics("a \"b\"\\\n");
  metrics.Shard(0).Claimed(4);
  EXPECT_EQ(ValueOf(metrics, "reprocess_claims_total", R"({job_id="a \"b\"\\\n",shard="0"})"), "1");
}

TEST(Metrics, ReadyIsWhoseShardsAllWork) {
  Metrics metrics("j");
  EXPECT_FALSE(metrics.Ready().ready) << "no shard yet";
  ShardMetrics &first = metrics.Shard(0), &second = metrics.Shard(1);
  first.Claimed(1);
  EXPECT_FALSE(metrics.Ready().ready);
  EXPECT_EQ(metrics.Ready().text, "shard 1: starting\n");
  second.Waiting("Kafka: away");
  EXPECT_EQ(metrics.Ready().text, "shard 1: waiting: Kafka: away\n");
  second.Waiting("");
  second.Claimed(1);
  EXPECT_TRUE(metrics.Ready().ready);
  second.Waiting("database: away");
  EXPECT_FALSE(metrics.Ready().ready);
  second.Ended(Outcome::kFailed);
  EXPECT_TRUE(metrics.Ready().ready) << "it has ended";
  second.Waiting("");
  EXPECT_EQ(ValueOf(metrics, "reprocess_shard_state", R"({job_id="j",shard="1",state="failed"})"),
            "1")
      << "an end is final";
}

TEST(Metrics, QueuesAreMeasuredWhenAsked) {
  Metrics metrics("j");
  metrics.Shard(3).queues().judged = 4096;
  EXPECT_EQ(ValueOf(metrics, "reprocess_queue_bytes", R"({job_id="j",queue="judged",shard="3"})"),
            "4096");
}

TEST(Metrics, WhatHoldsAShardBackIsOneOfTheList) {
  Metrics metrics("j");
  ThrottleState state;
  state.hold = Hold::kLag;
  state.consumer_lag = 12'345;
  state.broker_throttle = Milliseconds(250);
  metrics.Shard(3).Throttled(state);
  for (const std::string_view hold : kHoldNames) {
    EXPECT_EQ(ValueOf(metrics, "reprocess_throttle_hold",
                      std::string(R"({hold=")").append(hold) + R"(",job_id="j",shard="3"})"),
              hold == "lag" ? "1" : "0");
  }
  EXPECT_EQ(ValueOf(metrics, "reprocess_consumer_lag_records"), "12345");
  EXPECT_EQ(ValueOf(metrics, "reprocess_broker_throttle_seconds"), "0.25");
}

}  // namespace
}  // namespace reprocess
