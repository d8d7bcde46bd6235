#include "kafka/rotation.h"

namespace reprocess::kafka {

std::int32_t Rotation::Partition(const rd_kafka_topic_t* topic, const void*, std::size_t,
                                 std::int32_t count, void* rotation, void*) {
  auto& self = *static_cast<Rotation*>(rotation);
  const std::uint32_t turn = self.turn_.load(std::memory_order_relaxed);
  const std::uint64_t choice = self.choice_.load(std::memory_order_relaxed);
  const auto chosen = static_cast<std::int32_t>(choice & 0xFFFF'FFFF);
  if (choice >> 32 == turn && chosen >= 0 && chosen < count) return chosen;

  const auto partitions = static_cast<std::uint32_t>(count);
  std::uint32_t next = turn % partitions;
  for (std::uint32_t i = 0; i < partitions; ++i) {
    const std::uint32_t candidate = (turn + i) % partitions;
    if (rd_kafka_topic_partition_available(topic, static_cast<std::int32_t>(candidate)) != 0) {
      next = candidate;
      break;
    }
  }
  self.choice_.store(std::uint64_t{turn} << 32 | next, std::memory_order_relaxed);
  return static_cast<std::int32_t>(next);
}

}  // namespace reprocess::kafka
