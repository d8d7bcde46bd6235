// The one request for a group's committed offsets.
//
// The client must be a consumer of that group. On a producer's handle librdkafka (seen in 2.0.2)
// answers "not coordinator" by waking a group handler that a producer does not have, and crashes.
// And a request that is made while no broker answers may end in a failed assertion
// (rd_kafka_enq_once_del_source_return) when one comes back: so none is made then.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "kafka/client.h"
#include "kafka/errors.h"

namespace reprocess::kafka {

// Waits up to 5 s for a broker, and then for the answer, a second longer than `within`; nullptr
// where none came. With `stable` the broker answers only when pending transactions have ended.
Event AskForOffsets(rd_kafka_t* consumer, const std::string& group,
                    const rd_kafka_topic_partition_list_t* partitions, bool stable,
                    Milliseconds within);

// kRetry for what an open transaction holds back, else kWait.
Error OffsetsError(std::string_view verb, const Failure& failure, const Names& names, Phase phase);

// What `event` answers, valid as long as the event is; nullptr where the group has committed
// nothing. Besides, each partition in it has an error of its own.
Result<const rd_kafka_topic_partition_list_t*> OffsetsOf(const rd_kafka_event_t* event,
                                                         const Client& client,
                                                         std::string_view verb, const Names& names,
                                                         Phase phase);

}  // namespace reprocess::kafka
