// What `reprocess inspect` has found, as tables and as JSON. Pure.
#pragma once

#include <string>

#include "cli/console.h"
#include "plan/inspect.h"

namespace reprocess {

std::string InspectText(const InspectReport& report, const Screen& screen);
std::string InspectJson(const InspectReport& report);

}  // namespace reprocess
