// The body of the admin service's POST, read as its decoder reads it, and refused in its words.
#pragma once

#include "api/context.h"
#include "jobs/plan_job.h"

namespace reprocess {

// With the id of the new job.
Result<PlanJobRequest> AdminRequestOf(ApiContext& api, const HttpServer::Request& request);

}  // namespace reprocess
