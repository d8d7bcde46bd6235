// How a job's shards ended, by what is committed: read where that is authoritative, and made final
// there, so that rows speak of what cannot change any more.
//
//   settled    a complete shard is left as it is. Any other is claimed, which fences whoever may
//              still have it: a worker on a node that is cut off
//   lost       a checkpoint that Kafka has lost is not made again from the row's copy, which may be
//              older than what was sent: the shard is fenced, and whoever goes on is told of it
//   errors     kWait, kRetry: Kafka is away, nothing is final; kFenced: somebody else has claimed
//              the shard by now
//   threads    one at a time
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "kafka/kafka_sink.h"
#include "model/checkpoint.h"
#include "model/settings.h"
#include "model/stores.h"

namespace reprocess {

class ShardSettler {
 public:
  virtual ~ShardSettler() = default;
  // Of a shard that was claimed, or may be yet: `row` is as one that was reset then. `job_config`: names Kafka where the environment does not.
  virtual Result<Checkpoint> Settle(const ShardRef& shard, const ShardRow& row,
                                    const std::string& job_config, const std::stop_token& stop) = 0;
};

// Where checkpoints are in Kafka.
struct SettlerPorts {
  std::function<decltype(ReadKafkaCheckpoint)> read = ReadKafkaCheckpoint;
  std::function<decltype(MakeKafkaSink)> make_sink = MakeKafkaSink;
};

// Borrows both stores.
std::unique_ptr<ShardSettler> MakeShardSettler(KafkaSettings kafka, Settings settings,
                                               ShardStore& shards, ControlStore& controls,
                                               SettlerPorts ports = {});

}  // namespace reprocess
