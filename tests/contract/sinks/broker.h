// The real broker that with_kafka.sh started, seen through a client that has nothing of ours.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "contract/sinks/sink_world.h"
#include "model/settings.h"

namespace reprocess::test {

// TEST_KAFKA_BROKERS; throws, saying what to do, when it is not set.
std::string Brokers();

// A name that no other test uses.
std::string FreshName(const std::string& prefix);

void CreateTopic(const std::string& topic, int partitions,
                 const std::vector<std::pair<std::string, std::string>>& config = {});
void GrowTopic(const std::string& topic, int partitions);
bool TopicExists(const std::string& topic);

struct Placed {
  std::int32_t partition;
  Record record;
};
// All committed records of a topic, to its end.
std::vector<Placed> Consume(const std::string& topic);

KafkaSettings SettingsOf(const std::string& topic);

}  // namespace reprocess::test
