// What `reprocess inspect` has found, as tables. Pure.
#pragma once

#include <string>

#include "cli/console.h"
#include "plan/inspect.h"

namespace reprocess {

std::string InspectText(const InspectReport& report, const Screen& screen);

}  // namespace reprocess
