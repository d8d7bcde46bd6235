// RFC 3339 times as text: messageCreated, date_from and date_to.
//
//   accepted   what the Go worker's time.Parse(time.RFC3339, …) accepts: "T" and "Z" in upper case;
//              a fraction of any length after "." or ","; an hour of one digit; offsets of at most
//              24 hours and 60 minutes; days that the month has; no second 60; years 0000 to 9999
//   truncated  digits past the microsecond are dropped, so two times compare as microseconds: one
//              that lies less than a microsecond past an inclusive bound is within it
//   threads    any; nothing is allocated but the text returned
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace reprocess {

std::optional<WallTime> ParseRfc3339(std::string_view text);

// UTC, with as many digits of the fraction as it needs: "2026-05-01T00:00:00.114Z".
std::string FormatRfc3339(WallTime time);

}  // namespace reprocess
