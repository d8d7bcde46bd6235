// RFC 3339 times as text: messageCreated, date_from and date_to.
//
//   accepted   what the Go worker's time.Parse(time.RFC3339, …) accepts: "T" and "Z" in upper case;
//              a fraction of any length after "." or ","; an hour of one digit; offsets of at most
//              24 hours and 60 minutes; days that the month has; no second 60; years 0000 to 9999
//   truncated  digits past the nanosecond are dropped, as there
//   threads    any; nothing is allocated but the text returned
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace reprocess {

// A time to the nanosecond, in every year that RFC 3339 can write (64 bits of nanoseconds span
// 584).
struct PreciseTime {
  WallTime time;
  int nanos = 0;  // 0 to 999, past `time`

  PreciseTime() = default;
  // Both are times: one stands for the other.
  PreciseTime(WallTime at, int and_nanos = 0)  // NOLINT(google-explicit-constructor)
      : time(at), nanos(and_nanos) {}
  operator WallTime() const { return time; }  // NOLINT(google-explicit-constructor)
  bool operator==(const PreciseTime&) const = default;
  auto operator<=>(const PreciseTime&) const = default;
};

std::optional<PreciseTime> ParseRfc3339(std::string_view text);

// UTC, with as many digits of the fraction as it needs: "2026-05-01T00:00:00.114Z".
std::string FormatRfc3339(WallTime time);

}  // namespace reprocess
