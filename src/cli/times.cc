#include "cli/times.h"

#include "cli/values.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::size_t kDayLength = 10;  // of "2026-05-01"

}  // namespace

Result<std::string> TimeOf(const Option& option, const std::string& text, bool end_of_day) {
  const std::string time = text.size() != kDayLength ? text
                           : end_of_day              ? text + "T23:59:59.999999999Z"
                                                     : text + "T00:00:00Z";
  if (!ParseRfc3339(time)) {
    return Expected(option.name, text,
                    "a time like 2026-05-01T06:00:00Z, or a day like 2026-05-01");
  }
  return time;
}

}  // namespace reprocess
