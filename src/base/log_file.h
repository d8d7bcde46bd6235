// The log as a file that stays small, for a program whose output nobody else takes.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace reprocess {

// From now on standard output and error are this file: begun anew, with the one before kept as
// PATH.1, whenever a line of the log (base/log.h) finds `most` bytes in it. Threads: any.
Result<void> LogInto(const std::string& path, std::uint64_t most);

}  // namespace reprocess
