// How many bytes lie in a shard's queues just now, for whoever watches.
//
//   threads    each is stored by the thread that has the queue, and read by any
#pragma once

#include <atomic>
#include <cstdint>

namespace reprocess {

struct QueueBytes {
  std::atomic<std::uint64_t> read{0};    // batches read ahead
  std::atomic<std::uint64_t> judged{0};  // batches judged ahead
  std::atomic<std::uint64_t> sink{0};    // values handed over and not answered yet
};

}  // namespace reprocess
