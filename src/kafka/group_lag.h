// How far a consumer group is behind on the destinations topic.
//
//   lag        records between the group's committed offset and the log's end, over all
//              partitions. A partition without a committed offset counts with all that it holds.
//              Records of open transactions and commit markers count, so a group that is up to
//              date may show a lag of a few
//   rights     Describe on the group and on the topic
//   errors     kWait; kNotAuthorized with the right as the hint, also where it may heal
//   threads    one at a time; not the delivering one: it waits for brokers, for seconds
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/settings.h"

namespace reprocess {

class GroupLag {
 public:
  virtual ~GroupLag() = default;
  virtual Result<std::uint64_t> Read() = 0;
};

// Whether `group` has committed an offset on the topic, which its lag is counted from: else kNotFound,
// with the names of groups that it may have meant.
Result<void> CheckLagGroup(const KafkaSettings& kafka, const std::string& group);

// Keeps a connection of its own, which never joins the group.
Result<std::unique_ptr<GroupLag>> MakeGroupLag(const KafkaSettings& kafka,
                                               const std::string& group);

}  // namespace reprocess
