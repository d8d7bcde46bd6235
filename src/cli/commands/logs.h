#pragma once

#include "cli/command.h"
#include "cluster/job_logs.h"

namespace reprocess {

Result<LogsRequest> LogsRequestOf(const Given& given, WallTime now);

// "10m" before `now`, or an RFC 3339 time.
Result<WallTime> SinceOf(const std::string& text, WallTime now);

}  // namespace reprocess
