// A small gzip file, whole in memory: the mounted file list. (decode/ streams the large ones.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

bool IsGzip(std::string_view bytes);

// All members, one after the other. An error when the bytes are cut, corrupt, followed by something
// else, or inflate to more than `max_bytes`.
Result<std::string> Gunzip(std::string_view bytes, std::uint64_t max_bytes);

}  // namespace reprocess
