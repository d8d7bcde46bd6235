#include "jobs/committed.h"

#include "kafka/kafka_sink.h"

namespace reprocess {

Result<Checkpoint> CommittedCheckpoint(const KafkaSettings& kafka, const std::string& job_id,
                                       const ShardSummary& summary) {
  if (summary.shard->mode == Mode::kExactlyOnce) {
    TRY(const auto text, ReadKafkaCheckpoint(kafka, {job_id, summary.index}));
    if (text) return Decode(*text);
  }
  return Decode(summary.shard->checkpoint);
}

}  // namespace reprocess
