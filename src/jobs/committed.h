// A claimed shard's committed checkpoint, as somebody who is not its owner reads it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/settings.h"
#include "status/queries.h"

namespace reprocess {

// Its text, from where it is authoritative; the database's copy where that is not Kafka, or no
// longer is (an idle group expires). nullopt: there is none.
Result<std::optional<std::string>> CommittedText(const KafkaSettings& kafka,
                                                 const std::string& job_id,
                                                 const ShardSummary& summary);

Result<Checkpoint> CommittedCheckpoint(const KafkaSettings& kafka, const std::string& job_id,
                                       const ShardSummary& summary);

}  // namespace reprocess
