// The body of POST /api/v1/plans, and what all plans of the service have in common.
#pragma once

#include <string>
#include <vector>

#include "api/context.h"
#include "jobs/plan_job.h"

namespace reprocess {

struct AskedPlan {
  PlanJobRequest job;
  std::optional<Planner::Missing> missing;
};

Result<AskedPlan> PlanRequestOf(ApiContext& api, const HttpServer::Request& request);

// With the service's settings, its repository, and as many workers as its launcher would take.
PlanJobRequest NewPlanRequest(ApiContext& api);

// Files of the service's own machine are for those who may have them: below REPROCESS_LOCAL_ROOT, or
// anywhere where only this machine may ask.
Result<void> CheckLocal(const ServeSettings& settings, const std::vector<std::string>& paths);

}  // namespace reprocess
