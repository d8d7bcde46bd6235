// Starting a job that a call has just made.
#pragma once

#include <string>

#include "api/context.h"

namespace reprocess {

// One that cannot be started was never made: nothing of it stays. What was given to Kubernetes by then is
// cancelled, and says why.
Result<void> StartMade(ApiContext& api, const Call& call, StartRequest start);

// Of a job that this call has made before it was cut off: its plan, to start; nullopt where it has begun.
Result<std::optional<PlannedJob>> MadeBefore(ApiContext& api, const Call& call);

}  // namespace reprocess
