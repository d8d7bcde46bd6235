// A claimed shard's committed checkpoint, as somebody reads it who is not the shard's owner.
//
//   waits      while a transaction of the shard is open. A worker that died leaves one behind until
//              the coordinator ends it; `patience` is for that alone
//   errors     kConflict where a transaction was open all the while: the shard has not finished
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/patience.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "model/settings.h"
#include "model/stores.h"

namespace reprocess {

// Lasts as long as a dead worker's transaction may live. `waiting` is told what is waited for.
Patience PatienceWithTransactions(const Settings& settings, const std::stop_token& stop,
                                  std::function<void(const std::string&)> waiting);

// The checkpoint's text from Kafka, where that is authoritative. The database's copy where it is
// not, or is so no longer, since an idle group expires. nullopt where there is none.
Result<std::optional<std::string>> CommittedText(const KafkaSettings& kafka, const ShardRef& shard,
                                                 const ShardRow& row, const Patience& patience);

Result<Checkpoint> CommittedCheckpoint(const KafkaSettings& kafka, const ShardRef& shard,
                                       const ShardRow& row, const Patience& patience);

}  // namespace reprocess
