// What a topic's partitions are, and hold.
//
//   errors   kWait; a broker that is away is asked until `within` is over
//   threads  the client's
#pragma once

#include "kafka/client.h"
#include "kafka/topic_reader.h"

namespace reprocess::kafka {

// Errors of a broker that has just made the topic or taken it over, or is away: they are
// gone when it is asked again.
bool IsTransient(rd_kafka_resp_err_t code);

// The ids of the topic's partitions are 0 … count-1.
Result<int> CountPartitions(const Client& client, const Names& names, Milliseconds within);

// The first offset that a partition holds, and its end: the log's where the client's
// isolation.level is read_uncommitted, else that of committed records.
Result<OffsetSpan> WatermarksOf(const Client& client, const Names& names, int partition,
                                Milliseconds within, Phase phase);
// Of each partition, from 0 on.
Result<std::vector<OffsetSpan>> AllWatermarks(const Client& client, const Names& names,
                                              Milliseconds within, Phase phase);

}  // namespace reprocess::kafka
