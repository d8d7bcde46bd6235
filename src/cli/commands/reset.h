#pragma once

#include "base/environment.h"
#include "cli/command.h"
#include "jobs/reset.h"

namespace reprocess {

Result<ResetRequest> ResetRequestOf(const Given& given, const Environment& environment);

}  // namespace reprocess
