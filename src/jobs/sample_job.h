// Looks into a planned job's files: what its lines are likely to be (plan/sample.h).
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"
#include "jobs/plan_job.h"
#include "plan/sample.h"

namespace reprocess {

// `repository_url`: empty where destinations are not looked up.
Result<PlanSample> SampleJob(const PlannedJob& job, const Settings& settings,
                             const std::string& repository_url, const std::string& repository_token,
                             const World& world, const std::stop_token& stop);

}  // namespace reprocess
