// One shard's part of the metrics: it is told of events and shows numbers.
//
//   threads    any
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "base/clock.h"
#include "model/checkpoint.h"
#include "model/outcome.h"
#include "model/queue_bytes.h"
#include "model/stores.h"
#include "model/throttle.h"

namespace reprocess {

// Where a shard's life is. The first three change; the others are ends.
enum class ShardPhase : std::uint8_t {
  kStarting,  // not claimed yet
  kRunning,
  kWaiting,  // for Kafka, the database, another owner
  kComplete,
  kFailedFiles,
  kFailed,
  kFenced,
  kStopped
};
inline constexpr std::array<std::string_view, 8> kShardPhaseNames = {
    "starting", "running", "waiting", "complete", "failed_files", "failed", "fenced", "stopped"};

// By Hold.
inline constexpr std::array<std::string_view, 4> kHoldNames = {"none", "paused", "rate", "lag"};

// The families that every shard has its metrics in.
struct MetricFamilies {
  explicit MetricFamilies(prometheus::Registry& registry);

  using Counter = prometheus::Family<prometheus::Counter>;
  using Gauge = prometheus::Family<prometheus::Gauge>;
  Counter &lines, &sent, &skipped, &errors, &not_utf8, &read_bytes, &sent_bytes;
  Counter &aborts, &rewinds, &claims, &s3_retries;
  Gauge &assigned_files, &processed_files, &failed_files, &assigned_bytes, &processed_bytes,
      &stored_bytes;
  Gauge &position_file, &position_line, &position_byte, &last_commit, &generation;
  Gauge &queue, &state;
  Gauge &hold, &limit_messages, &limit_bytes, &consumer_lag, &broker_throttle;
  prometheus::Family<prometheus::Histogram>& commit_seconds;
};

class ShardMetrics {
 public:
  ShardMetrics(MetricFamilies& families, const std::string& job_id, int index);

  void Claimed(std::uint64_t generation);
  // A commit was answered, or the outcome of an earlier one became known.
  void Committed(const Checkpoint& checkpoint, WallTime now);
  void CommitTook(std::chrono::duration<double> time);
  // Shows the files and bytes that the shard has; the row's counters are those of a commit.
  void Progress(const WorkerRow& row);
  void Aborted() { aborts_.Increment(); }
  void Rewound() { rewinds_.Increment(); }
  void S3Retried() { s3_retries_.Increment(); }
  // Empty: goes on.
  void Waiting(const std::string& why);
  void Throttled(const ThrottleState& state);
  void Ended(Outcome outcome);

  QueueBytes& queues() { return queues_; }
  void MeasureQueues();

  // Why this shard does no work just now; empty when it does, or has ended.
  std::string NotReady() const;

 private:
  ShardMetrics(MetricFamilies& families, const prometheus::Labels& labels);
  void Count(const Counters& counters);
  void ShowState();

  prometheus::Counter &lines_, &sent_, &not_utf8_, &read_bytes_, &sent_bytes_;
  std::array<prometheus::Counter*, kReasonCount> by_reason_{};
  prometheus::Counter &aborts_, &rewinds_, &claims_, &s3_retries_;
  prometheus::Gauge &assigned_files_, &processed_files_, &failed_files_;
  prometheus::Gauge &assigned_bytes_, &processed_bytes_, &stored_bytes_;
  prometheus::Gauge &position_file_, &position_line_, &position_byte_, &last_commit_, &generation_;
  prometheus::Gauge &queue_read_, &queue_judged_, &queue_sink_;
  std::array<prometheus::Gauge*, kShardPhaseNames.size()> states_{};
  std::array<prometheus::Gauge*, kHoldNames.size()> holds_{};
  prometheus::Gauge &limit_messages_, &limit_bytes_, &consumer_lag_, &broker_throttle_;
  prometheus::Histogram& commit_seconds_;
  QueueBytes queues_;

  mutable std::mutex mutex_;  // of what follows, and of counters catching up with the books
  ShardPhase phase_ = ShardPhase::kStarting;
  bool claimed_ = false;
  std::string waiting_for_;
};

}  // namespace reprocess
