// Reads stretches of a topic as a consumer of committed records does. Belongs to no group and
// commits nothing: it needs Describe and Read on the topic alone.
//
//   order      within a partition by offset; partitions in any order
//   patience   brokers that are away, and an open transaction that holds committed reading back,
//              are waited for as long as `patience` passes without a step forward; then kTimedOut
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/settings.h"

namespace reprocess {

// Offsets [from, to) of a partition.
struct OffsetSpan {
  int partition = 0;
  std::int64_t from = 0, to = 0;
  bool operator==(const OffsetSpan&) const = default;
};

struct TopicRecord {
  int partition = 0;
  std::int64_t offset = 0;
  std::string_view key, value;  // valid while the record is being taken
};

class TopicReader {
 public:
  virtual ~TopicReader() = default;

  // What each partition holds now, from 0 on: its first offset, and its log's end, which may lie
  // past what is committed.
  virtual Result<std::vector<OffsetSpan>> Held() = 0;

  // Every committed record of the spans, which end within what is held. Records that expired before
  // they were read are left out: Held() afterwards tells.
  virtual Result<void> Read(std::span<const OffsetSpan> spans,
                            const std::function<void(const TopicRecord&)>& take,
                            const std::stop_token& stop) = 0;
};

std::unique_ptr<TopicReader> MakeTopicReader(const KafkaSettings& kafka, Milliseconds patience);

}  // namespace reprocess
