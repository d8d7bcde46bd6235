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

// "open: no such file", where `number` is an errno.
Error SystemError(std::string_view action, std::string_view path, int number);

// Refuses what no file can be called.
Result<void> CheckPath(std::string_view path);

// Refuses directories, pipes, sockets and devices.
Result<void> CheckRegular(const struct stat& info, std::string_view path);

}  // namespace reprocess
