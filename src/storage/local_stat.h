// What the file system says about one path, in this project's terms.
#pragma once

#include <string>
#include <string_view>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

// "<size>-<mtime in ns>".
std::string VersionTagOf(const struct stat& info);

WallTime ModifiedOf(const struct stat& info);

// "open: no such file": what an errno means for a file.
Error SystemError(std::string_view action, std::string_view path, int number);

// An error where no file can have this name.
Result<void> CheckPath(std::string_view path);

// An error for directories, pipes, sockets and devices.
Result<void> CheckRegular(const struct stat& info, std::string_view path);

}  // namespace reprocess
