// Starting a job that a call has just made.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/context.h"

namespace reprocess {

// One that cannot be started was never made: nothing of it stays. What was given to Kubernetes by then is
// cancelled, and says why.
Result<void> StartMade(ApiContext& api, const Call& call, StartRequest start);

// What `plan` makes, once: where this call has made a job before it was cut off, that job's plan, to start,
// or nullopt where it has begun.
Result<std::optional<PlannedJob>> PlanOnce(ApiContext& api, const Call& call,
                                           const std::function<Result<PlannedJob>()>& plan);

}  // namespace reprocess
