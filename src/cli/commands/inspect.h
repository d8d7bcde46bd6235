#pragma once

#include "base/environment.h"
#include "cli/command.h"
#include "plan/inspect.h"

namespace reprocess {

Result<InspectRequest> InspectRequestOf(const Given& given, const Environment& environment);

}  // namespace reprocess
