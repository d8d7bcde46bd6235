#pragma once

#include <optional>

#include "base/environment.h"
#include "cli/command.h"
#include "cli/replay_here.h"

namespace reprocess {

// With `retry`: of its command, whose options are some of run's.
Result<RunCommand> RunCommandOf(const Given& given, std::optional<RetryRequest> retry,
                                const Environment& environment);

}  // namespace reprocess
