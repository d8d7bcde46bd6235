// The document of what is in files. Pure.
#pragma once

#include <string>

#include "plan/inspect.h"

namespace reprocess {

std::string InspectJson(const InspectReport& report);

}  // namespace reprocess
