// Which partition records go to: all to one until it has had its fill, then all to the next one
// that has a leader. Full batches cost the client and the broker less than a record here and a
// record there.
//
//   threads    Advance from the producing one; Partition from any of librdkafka's
#pragma once

#include <atomic>
#include <cstdint>

#include <librdkafka/rdkafka.h>

namespace reprocess::kafka {

class Rotation {
 public:
  explicit Rotation(std::uint32_t start) : turn_(start) {}

  // Counts a record's value and key, as librdkafka does to find that a batch is full.
  void Advance(std::size_t bytes) {
    if ((filled_ += bytes) < kFill) return;
    filled_ = 0;
    turn_.fetch_add(1, std::memory_order_relaxed);
  }

  // librdkafka's partitioner; `rotation` is the topic's opaque.
  static std::int32_t Partition(const rd_kafka_topic_t* topic, const void* key,
                                std::size_t key_size, std::int32_t count, void* rotation,
                                void* message_opaque);

 private:
  static constexpr std::size_t kFill = 1 << 20;  // batch.size

  std::atomic<std::uint32_t> turn_;
  // The partition chosen for a turn (turn in the upper half): asking for leaders takes a lock.
  std::atomic<std::uint64_t> choice_{UINT64_MAX};
  std::size_t filled_ = 0;
};

}  // namespace reprocess::kafka
