// The time that a failover log's name has, of when it was begun: YYYY_MM_DDTHH_MM_SS, UTC.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace reprocess {

// The last valid one in a path's base name, and where in the path it begins.
struct NameTime {
  std::size_t at = 0;
  WallTime time;
};
std::optional<NameTime> NameTimeOf(std::string_view path);

// As names have it, to the second.
std::string NameTimeText(WallTime time);

}  // namespace reprocess
