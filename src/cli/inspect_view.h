// What `reprocess inspect` has found, as tables and as JSON. Pure.
#pragma once

#include <string>

#include "jobs/inspect.h"

namespace reprocess {

std::string InspectText(const InspectReport& report);
std::string InspectJson(const InspectReport& report);

}  // namespace reprocess
