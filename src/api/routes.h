// The calls, by what they are about. Each borrows `api`, which lives longer.
#pragma once

#include "api/call.h"
#include "api/context.h"

namespace reprocess {

ApiRoutes AdminRoutes(ApiContext& api);    // the admin service's, answer for answer
ApiRoutes ServiceRoutes(ApiContext& api);  // health, metrics, who one is, logging in, the document
ApiRoutes PlanRoutes(ApiContext& api);     // planning a job, and starting it
ApiRoutes JobRoutes(ApiContext& api);      // how jobs stand
ApiRoutes ActRoutes(ApiContext& api);      // what is done with them
ApiRoutes StreamRoutes(ApiContext& api);   // events and logs as they come
ApiRoutes PageRoutes(ApiContext& api);     // what the browser shows

// All of them, behind the guard.
HttpServer::Options ServiceOf(ApiContext& api);

// The job as it stands, as `reprocess status JOB --json` has it; what it is doing goes into `said`.
Result<HttpServer::Answer> JobAnswer(ApiContext& api, const std::string& job_id, int status,
                                     std::string* said = nullptr);

}  // namespace reprocess
