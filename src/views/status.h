// Documents of jobs: the list, one with its shards, its limits. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/ask.h"
#include "model/checkpoint.h"
#include "views/next_step.h"

namespace reprocess {

std::string JobsJson(const std::vector<JobOverview>& jobs);
std::string JobJson(const JobView& view, const std::vector<NextStep>& next);

// After a change of them.
std::string ThrottleJson(const std::string& job_id, const JobThrottle& throttle);

// nullopt: none is stored, or it cannot be read.
std::optional<Checkpoint> CheckpointOf(const ShardSummary& shard);

}  // namespace reprocess
