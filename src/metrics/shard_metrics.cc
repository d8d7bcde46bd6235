#include "metrics/shard_metrics.h"

namespace reprocess {
namespace {

// A commit takes some milliseconds; one that needs its coordinator back, up to minutes.
const prometheus::Histogram::BucketBoundaries kCommitBuckets = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};

auto& CounterFamily(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

auto& GaugeFamily(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

// Books can take a failed file's last line back when it is tried again; a counter cannot.
void CatchUp(prometheus::Counter& counter, std::uint64_t value) {
  const double behind = static_cast<double>(value) - counter.Value();
  if (behind > 0) counter.Increment(behind);
}

void Show(prometheus::Gauge& gauge, std::uint64_t value) {
  gauge.Set(static_cast<double>(value));
}

prometheus::Labels With(prometheus::Labels labels, const char* name, std::string_view value) {
  labels.emplace(name, value);
  return labels;
}

ShardPhase PhaseOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
    case Outcome::kAlreadyComplete:
    case Outcome::kUnsentLines:  // never of a shard
      return ShardPhase::kComplete;
    case Outcome::kFailedFiles:
      return ShardPhase::kFailedFiles;
    case Outcome::kFenced:
      return ShardPhase::kFenced;
    case Outcome::kStopped:
      return ShardPhase::kStopped;
    case Outcome::kTooManyErrors:
    case Outcome::kFailed:
      break;
  }
  return ShardPhase::kFailed;
}

}  // namespace

MetricFamilies::MetricFamilies(prometheus::Registry& r)
    : lines(CounterFamily(r, "reprocess_lines_total", "Lines read and judged")),
      sent(CounterFamily(r, "reprocess_sent_lines_total", "Lines that were sent")),
      skipped(CounterFamily(r, "reprocess_skipped_lines_total", "Lines that are not to be sent")),
      errors(CounterFamily(r, "reprocess_error_lines_total", "Lines that cannot be sent")),
      not_utf8(CounterFamily(r, "reprocess_not_utf8_lines_total",
                             "Lines sent untouched although a string is not UTF-8")),
      read_bytes(CounterFamily(r, "reprocess_read_bytes_total", "Decompressed bytes read")),
      sent_bytes(CounterFamily(r, "reprocess_sent_bytes_total", "Bytes of the lines sent")),
      aborts(CounterFamily(r, "reprocess_aborts_total",
                           "Transactions given up, or of unknown outcome")),
      rewinds(CounterFamily(r, "reprocess_rewinds_total", "Times gone back to the checkpoint")),
      claims(CounterFamily(r, "reprocess_claims_total", "Times the shard was claimed")),
      s3_retries(CounterFamily(r, "reprocess_s3_retries_total", "Requests to S3 sent again")),
      assigned_files(GaugeFamily(r, "reprocess_assigned_files", "Files of this shard")),
      processed_files(GaugeFamily(r, "reprocess_processed_files", "… read to their end or failed")),
      failed_files(GaugeFamily(r, "reprocess_failed_files", "… that cannot be read")),
      assigned_bytes(GaugeFamily(r, "reprocess_assigned_bytes", "Listed bytes of the files")),
      processed_bytes(GaugeFamily(r, "reprocess_processed_bytes", "… of processed files")),
      stored_bytes(
          GaugeFamily(r, "reprocess_stored_bytes", "… read so far, also of a file under way")),
      position_file(GaugeFamily(r, "reprocess_checkpoint_file", "Position in the list of files")),
      position_line(GaugeFamily(r, "reprocess_checkpoint_line", "Last line committed of it")),
      position_byte(GaugeFamily(r, "reprocess_checkpoint_byte", "First byte not committed of it")),
      last_commit(GaugeFamily(r, "reprocess_last_commit_timestamp_seconds",
                              "When this process committed last; 0: not yet")),
      generation(GaugeFamily(r, "reprocess_claim_generation", "Generation of the claim")),
      queue(GaugeFamily(r, "reprocess_queue_bytes", "Bytes that lie in a queue")),
      state(GaugeFamily(r, "reprocess_shard_state", "1 for the state that the shard is in")),
      hold(GaugeFamily(r, "reprocess_throttle_hold", "1 for what holds the shard back")),
      limit_messages(GaugeFamily(r, "reprocess_throttle_messages_per_second",
                                 "How many this shard may send; 0: any number")),
      limit_bytes(GaugeFamily(r, "reprocess_throttle_bytes_per_second",
                              "How many this shard may send; 0: any number")),
      consumer_lag(GaugeFamily(r, "reprocess_consumer_lag_records",
                               "Lag of the group that is furthest behind, as last read")),
      broker_throttle(GaugeFamily(r, "reprocess_broker_throttle_seconds",
                                  "Delay by a quota of the broker, as last told")),
      commit_seconds(prometheus::BuildHistogram()
                         .Name("reprocess_commit_seconds")
                         .Help("Time until a commit was answered")
                         .Register(r)) {}

ShardMetrics::ShardMetrics(MetricFamilies& families, const std::string& job_id, int index)
    : ShardMetrics(families, {{"job_id", job_id}, {"shard", std::to_string(index)}}) {}

ShardMetrics::ShardMetrics(MetricFamilies& f, const prometheus::Labels& labels)
    : lines_(f.lines.Add(labels)),
      sent_(f.sent.Add(labels)),
      not_utf8_(f.not_utf8.Add(labels)),
      read_bytes_(f.read_bytes.Add(labels)),
      sent_bytes_(f.sent_bytes.Add(labels)),
      aborts_(f.aborts.Add(labels)),
      rewinds_(f.rewinds.Add(labels)),
      claims_(f.claims.Add(labels)),
      s3_retries_(f.s3_retries.Add(labels)),
      assigned_files_(f.assigned_files.Add(labels)),
      processed_files_(f.processed_files.Add(labels)),
      failed_files_(f.failed_files.Add(labels)),
      assigned_bytes_(f.assigned_bytes.Add(labels)),
      processed_bytes_(f.processed_bytes.Add(labels)),
      stored_bytes_(f.stored_bytes.Add(labels)),
      position_file_(f.position_file.Add(labels)),
      position_line_(f.position_line.Add(labels)),
      position_byte_(f.position_byte.Add(labels)),
      last_commit_(f.last_commit.Add(labels)),
      generation_(f.generation.Add(labels)),
      queue_read_(f.queue.Add(With(labels, "queue", "read"))),
      queue_judged_(f.queue.Add(With(labels, "queue", "judged"))),
      queue_sink_(f.queue.Add(With(labels, "queue", "sink"))),
      limit_messages_(f.limit_messages.Add(labels)),
      limit_bytes_(f.limit_bytes.Add(labels)),
      consumer_lag_(f.consumer_lag.Add(labels)),
      broker_throttle_(f.broker_throttle.Add(labels)),
      commit_seconds_(f.commit_seconds.Add(labels, kCommitBuckets)) {
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    auto& family = IsSkip(static_cast<Reason>(i)) ? f.skipped : f.errors;
    by_reason_[i] = &family.Add(With(labels, "reason", kReasonNames[i]));
  }
  for (std::size_t i = 0; i < kShardPhaseNames.size(); ++i) {
    states_[i] = &f.state.Add(With(labels, "state", kShardPhaseNames[i]));
  }
  for (std::size_t i = 0; i < kHoldNames.size(); ++i) {
    holds_[i] = &f.hold.Add(With(labels, "hold", kHoldNames[i]));
  }
  holds_.front()->Set(1);
  ShowState();
}

void ShardMetrics::Claimed(std::uint64_t generation) {
  const std::scoped_lock lock(mutex_);
  claims_.Increment();
  Show(generation_, generation);
  claimed_ = true;
  ShowState();
}

void ShardMetrics::Committed(const Checkpoint& checkpoint, WallTime now) {
  const std::scoped_lock lock(mutex_);
  Count(checkpoint.shard);
  Show(position_file_, static_cast<std::uint64_t>(checkpoint.list_position));
  Show(position_line_, checkpoint.place.line);
  Show(position_byte_, checkpoint.place.byte);
  Show(processed_files_, checkpoint.processed_files);
  Show(processed_bytes_, checkpoint.processed_bytes);
  Show(failed_files_, checkpoint.failed_files);
  last_commit_.Set(std::chrono::duration<double>(now.time_since_epoch()).count());
}

void ShardMetrics::CommitTook(std::chrono::duration<double> time) {
  commit_seconds_.Observe(time.count());
}

void ShardMetrics::Progress(const WorkerRow& row) {
  const std::scoped_lock lock(mutex_);
  Count(row.counters);
  Show(assigned_files_, row.assigned_files);
  Show(assigned_bytes_, row.total_bytes);
  Show(processed_files_, row.processed_files);
  Show(processed_bytes_, row.processed_bytes);
  Show(stored_bytes_, row.stored_bytes);
}

void ShardMetrics::Count(const Counters& counters) {
  CatchUp(lines_, counters.lines);
  CatchUp(sent_, counters.success);
  CatchUp(not_utf8_, counters.not_utf8);
  CatchUp(read_bytes_, counters.bytes);
  CatchUp(sent_bytes_, counters.success_bytes);
  for (std::size_t i = 0; i < kReasonCount; ++i) CatchUp(*by_reason_[i], counters.by_reason[i]);
}

void ShardMetrics::Throttled(const ThrottleState& state) {
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    holds_[i]->Set(static_cast<std::size_t>(state.hold) == i ? 1 : 0);
  }
  limit_messages_.Set(state.messages_per_second);
  limit_bytes_.Set(state.bytes_per_second);
  Show(consumer_lag_, state.consumer_lag);
  broker_throttle_.Set(std::chrono::duration<double>(state.broker_throttle).count());
}

void ShardMetrics::Waiting(const std::string& why) {
  const std::scoped_lock lock(mutex_);
  waiting_for_ = why;
  ShowState();
}

void ShardMetrics::Ended(Outcome outcome) {
  const std::scoped_lock lock(mutex_);
  phase_ = PhaseOf(outcome);
  ShowState();
}

void ShardMetrics::ShowState() {
  if (phase_ < ShardPhase::kComplete) {
    phase_ = !waiting_for_.empty() ? ShardPhase::kWaiting
             : claimed_            ? ShardPhase::kRunning
                                   : ShardPhase::kStarting;
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    states_[i]->Set(static_cast<std::size_t>(phase_) == i ? 1 : 0);
  }
}

void ShardMetrics::MeasureQueues() {
  Show(queue_read_, queues_.read);
  Show(queue_judged_, queues_.judged);
  Show(queue_sink_, queues_.sink);
}

std::string ShardMetrics::NotReady() const {
  const std::scoped_lock lock(mutex_);
  if (phase_ == ShardPhase::kWaiting) return "waiting: " + waiting_for_;
  return phase_ == ShardPhase::kStarting ? "starting" : std::string();
}

}  // namespace reprocess
