// Jobs and their shards as tables and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/next_steps.h"
#include "jobs/ask.h"
#include "jobs/reset.h"

namespace reprocess {

std::string JobsText(const std::vector<JobOverview>& jobs, const Screen& screen);
std::string JobsJson(const std::vector<JobOverview>& jobs);

std::string JobText(const JobView& view, const JobOptions& options, const Screen& screen);
std::string JobJson(const JobView& view, const JobOptions& options);

// After set, pause or resume.
std::string ThrottleText(const std::string& job_id, const JobThrottle& throttle);
std::string ThrottleJson(const std::string& job_id, const JobThrottle& throttle);

// What a reset would do; and what it has done, as JSON.
std::string ResetText(const ResetPlan& plan);
std::string ResetJson(const ResetPlan& plan);

}  // namespace reprocess
