#include "kafka/committed.h"

#include <fmt/format.h>

#include "kafka/kafka_sink.h"

namespace reprocess {
namespace {

// The coordinator looks for transactions that have timed out every 10 s.
constexpr Milliseconds kCoordinatorLooks{15'000};

Result<std::optional<std::string>> CommittedInKafka(const KafkaSettings& kafka,
                                                    const ShardRef& shard,
                                                    const Patience& patience) {
  Patience with_reason = patience;
  with_reason.waiting = [&](const std::string& why) {
    patience.waiting(why.empty() ? why
                                 : fmt::format("shard {} has a transaction open: a worker that "
                                               "died leaves one, for some 25 s",
                                               shard.index));
  };
  bool open = false;
  const auto is_open = [&](const Error& error) { return open = error.remedy == Remedy::kRetry; };
  auto text = Patiently<std::optional<std::string>>(
      with_reason, is_open, [&] { return ReadKafkaCheckpoint(kafka, shard, Read::kStable); });
  if (text || !open || text.error().code == Code::kStopped) return text;
  return Fatal(
      fmt::format("shard {} has not finished: a transaction of it is still open", shard.index),
      shard.job_id, "wait for the worker that has it, or go on with the job where it stopped",
      Code::kConflict);
}

}  // namespace

Patience PatienceWithTransactions(const Settings& settings, const std::stop_token& stop,
                                  std::function<void(const std::string&)> waiting) {
  Clock& clock = SystemClock();
  return {clock, clock.Now() + settings.transaction_timeout + kCoordinatorLooks, stop,
          std::move(waiting)};
}

Result<std::optional<std::string>> CommittedText(const KafkaSettings& kafka, const ShardRef& shard,
                                                 const ShardRow& row, const Patience& patience) {
  if (row.mode == Mode::kExactlyOnce) {
    TRY(auto text, CommittedInKafka(kafka, shard, patience));
    if (text) return text;
  }
  if (row.checkpoint.empty()) return std::nullopt;
  return row.checkpoint;
}

Result<Checkpoint> CommittedCheckpoint(const KafkaSettings& kafka, const ShardRef& shard,
                                       const ShardRow& row, const Patience& patience) {
  TRY(const auto text, CommittedText(kafka, shard, row, patience));
  return Decode(text.value_or(""));
}

}  // namespace reprocess
