// Ends a shard that has more errors than its job allows (max_errors): asked at each commit, and
// before a sink is opened.
#pragma once

#include "base/result.h"
#include "model/checkpoint.h"
#include "replay/replay.h"

namespace reprocess {

// An error where the books of an unfinished shard are over what ports.throttle says.
Result<void> CheckErrors(const Ports& ports, const ShardRef& shard, const Checkpoint& checkpoint);

}  // namespace reprocess
