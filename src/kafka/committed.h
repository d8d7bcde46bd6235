// A claimed shard's committed checkpoint, as somebody who is not its owner reads it.
//
//   waits      while a transaction of the shard is open, which a worker that died leaves behind
//              until the coordinator ends it: `patience` is for that alone
//   errors     kConflict where it was open all the while: the shard has not finished
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/patience.h"
#include "base/result.h"
#include "model/books.h"
#include "model/checkpoint.h"
#include "model/settings.h"

namespace reprocess {

// As long as a dead worker's transaction may live. `waiting` is told what is waited for.
Patience PatienceWithTransactions(const Settings& settings, const std::stop_token& stop,
                                  std::function<void(const std::string&)> waiting);
// … which is logged.
Patience PatienceWithTransactions(const Settings& settings, const std::stop_token& stop);

// Its text, from where it is authoritative; the database's copy where that is not Kafka, or no
// longer is (an idle group expires). nullopt: there is none.
Result<std::optional<std::string>> CommittedText(const KafkaSettings& kafka, const ShardRef& shard,
                                                 const ShardRow& row, const Patience& patience);

Result<Checkpoint> CommittedCheckpoint(const KafkaSettings& kafka, const ShardRef& shard,
                                       const ShardRow& row, const Patience& patience);

}  // namespace reprocess
