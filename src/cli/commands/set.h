#pragma once

#include "cli/command.h"
#include "jobs/controls.h"

namespace reprocess {

Result<ControlsRequest> SetRequestOf(const Given& given);

}  // namespace reprocess
