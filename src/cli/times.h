// Times among a command's arguments.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/command.h"

namespace reprocess {

// An RFC 3339 time, or a day: its begin, or its end.
Result<std::string> TimeOf(const Option& option, const std::string& text, bool end_of_day);

}  // namespace reprocess
