// What the brokers know of topics without reading them.
//
//   errors   kWait where they are away or do not know
//   threads  any
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/topic_reader.h"
#include "model/settings.h"

namespace reprocess {

// Of each of `held`, where its first record with this time or a later one lies; its end where there is
// none. By the brokers' index, which goes by the records' own times.
Result<std::vector<std::int64_t>> FirstSince(const KafkaSettings& kafka, WallTime time,
                                             std::span<const OffsetSpan> held);

// The cluster's topics `<topic>-shardN`, N a number: over those ingest spreads a topic.
Result<std::vector<std::string>> ShardTopicsOf(const KafkaSettings& kafka);

// Whether the topic may have lost records that were not too old: of each key it keeps the last alone.
// False where nobody may tell, for want of the right DescribeConfigs.
Result<bool> IsCompacted(const KafkaSettings& kafka);

}  // namespace reprocess
