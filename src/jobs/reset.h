// `reprocess reset` as a use case: makes shards start over, at the price of sending again what they
// had sent (docs/exactly-once.md).
//
//   order      claim (generation + 1), commit a checkpoint at the start of the list, then clear the
//              shard's rows: dying in between leaves a shard that starts over with rows of before,
//              which its first rewind deletes
//   lost rows  a shard whose row is gone is reset by the checkpoint that Kafka has of it
//   errors     kConflict while a heartbeat moves: a live owner is never fenced, but where its row is gone
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "model/destination.h"
#include "model/settings.h"
#include "model/stores.h"
#include "store/queries.h"

namespace reprocess {

// What is about to be waited for.
enum class ResetStep : std::uint8_t { kOwners, kKafka };

struct ResetRequest {
  std::string job_id;
  std::optional<int> shard;  // all of them when absent
  KafkaSettings kafka;       // where the job's own configuration names none
  Settings settings;
  std::function<void(ResetStep)> step = [](ResetStep) {};
};

// A shard as it stands, to be shown before anything is done.
struct ResetShard {
  int index = 0;
  Mode mode = Mode::kExactlyOnce;
  Owner owner;
  std::optional<Checkpoint> checkpoint;
  std::string unreadable;  // why there is a checkpoint but it cannot be read; or empty
  std::uint64_t sent = 0;  // records that will be sent again
};

struct ResetPlan {
  std::string job_id;
  Destination destination;
  KafkaSettings kafka;
  std::vector<ResetShard> shards;  // those that were ever claimed
  bool print = false;              // … and all of the job: its print is forgotten
};

// Reads what is there, and watches for `settings.claim_wait` whether an owner lives.
Result<ResetPlan> PlanReset(const ResetRequest& request, Queries& queries, Clock& clock,
                            const std::stop_token& stop);

Result<void> CarryOutReset(const ResetRequest& request, const ResetPlan& plan, Queries& queries,
                           const std::stop_token& stop);

}  // namespace reprocess
