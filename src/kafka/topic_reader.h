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
#include <optional>
#include <span>
#include <stop_token>
#include <string>
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
  std::string_view key, value;  // valid while the record is being taken, as all of it
  std::optional<WallTime> time{};
  // Of the headers that the reader was made to tell, in their order, the last of each name.
  std::span<const std::optional<std::string_view>> headers{};
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

// `headers`: the names of those that records are told with.
std::unique_ptr<TopicReader> MakeTopicReader(const KafkaSettings& kafka, Milliseconds patience,
                                             std::vector<std::string> headers = {});

}  // namespace reprocess
