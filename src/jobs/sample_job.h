// Looks into a planned job's files: what its lines are likely to be (plan/sample.h).
#pragma once

#include <stop_token>

#include "base/result.h"
#include "jobs/plan_job.h"
#include "plan/sample.h"

namespace reprocess {

Result<PlanSample> SampleJob(const PlannedJob& job, const Settings& settings,
                             const RepositoryAccess& repository, const World& world,
                             const std::stop_token& stop);

}  // namespace reprocess
