#include "jobs/committed.h"

#include "kafka/kafka_sink.h"

namespace reprocess {

Result<std::optional<std::string>> CommittedText(const KafkaSettings& kafka,
                                                 const std::string& job_id,
                                                 const ShardSummary& summary) {
  if (summary.shard->mode == Mode::kExactlyOnce) {
    TRY(auto text, ReadKafkaCheckpoint(kafka, {job_id, summary.index}));
    if (text) return text;
  }
  if (summary.shard->checkpoint.empty()) return std::nullopt;
  return summary.shard->checkpoint;
}

Result<Checkpoint> CommittedCheckpoint(const KafkaSettings& kafka, const std::string& job_id,
                                       const ShardSummary& summary) {
  TRY(const auto text, CommittedText(kafka, job_id, summary));
  return Decode(text.value_or(""));
}

}  // namespace reprocess
