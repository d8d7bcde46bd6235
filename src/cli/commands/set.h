#pragma once

#include "cli/command.h"
#include "jobs/controls.h"

namespace reprocess {

Result<ControlsRequest> SetRequestOf(const Given& given);

// … and prints what holds from now on.
Result<ExitCode> ChangeLimits(const ControlsRequest& request, const Given& given,
                              const Program& program);

}  // namespace reprocess
