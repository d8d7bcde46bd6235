// The Sink over librdkafka: transactional, or idempotent without transactions.
//
//   exactly once   Commit puts the checkpoint into the group's offset metadata of partition 0, in
//                  the same transaction (send_offsets_to_transaction, hand-made group metadata)
//   at least once  Commit waits until every record is acknowledged and stores no checkpoint;
//                  ReadCheckpoint has none (replay/ keeps it in the database)
//   time-outs      a Commit that ran out of time is kRetry: the same call again goes on with it.
//                  When the coordinator goes away in the middle of it, librdkafka 2.0.2 was seen to
//                  come back after the transaction's time-out alone
//   order          the group is asked for (ReadCheckpoint, or ReadKafkaCheckpoint) before a first Commit:
//                  that makes its coordinator where the cluster has none yet, and is bounded; from
//                  offsets that are sent meanwhile librdkafka 2.8 may not come back (its issues 5456
//                  and 5511)
//   identity       transactional.id = group.id = "reprocess-<job id>-<shard>"; its probe's is
//                  kafka/kafka_probe.h's
//   errors         as in model/sink.h; authorisation errors name the right and the resource
//   threads        the delivering stage alone; librdkafka has its own
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/settings.h"
#include "model/sink.h"
#include "model/stores.h"

namespace reprocess {

// Brokers answer and the topic exists (or is made, with create_topic): else an error that names
// topics which look alike. Waits up to settings.start_timeout for the brokers; `waiting` is told when
// they have not answered for two seconds, and "" once they do.
Result<void> CheckTopic(const KafkaSettings& kafka, const Settings& settings,
                        const std::stop_token& stop,
                        const std::function<void(const std::string& why)>& waiting = {});

// `mode`: kExactlyOnce, with transactions, or kAtLeastOnce.
Result<std::unique_ptr<Sink>> MakeKafkaSink(const KafkaSettings& kafka, const Settings& settings,
                                            const ShardRef& shard, Mode mode);

// Reads the committed checkpoint of a shard without being its producer. kStable: kRetry while a
// transaction of it is open.
Result<std::optional<std::string>> ReadKafkaCheckpoint(const KafkaSettings& kafka,
                                                       const ShardRef& shard, Read how);

}  // namespace reprocess
