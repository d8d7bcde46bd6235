// The few calls on files that a sink makes, with their errors in words.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

// "verb: reason of `error_number`", kStop.
std::unexpected<Error> SinkFileError(std::string_view verb, const std::string& path,
                                     int error_number);

Result<void> WriteAll(int fd, std::string_view bytes, const std::string& path);
Result<void> SyncDirectory(const std::string& path);

}  // namespace reprocess
