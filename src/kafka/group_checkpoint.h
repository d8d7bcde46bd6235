// Reads what is committed for a shard: the metadata of its group's offset on partition 0.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "kafka/errors.h"
#include "model/settings.h"
#include "model/sink.h"

namespace reprocess::kafka {

// Over a client of its own, so it works whatever became of the shard's producer.
Result<std::optional<std::string>> ReadGroupCheckpoint(const KafkaSettings& kafka,
                                                       const Names& names, Read how, Phase phase);

}  // namespace reprocess::kafka
