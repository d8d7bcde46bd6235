// When a shard that runs says where it stands, and what: one log line each 30 s.
//
//   threads    one at a time
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "model/stores.h"

namespace reprocess {

class ProgressLines {
 public:
  static constexpr std::chrono::seconds kInterval{30};

  // The line's fields, when one is due: the first 30 s after the first call. `row` is the last
  // commit's; the rate is that of the time since the line before, and how long it takes, by stored
  // bytes, is told while something moves.
  std::optional<std::vector<LogField>> Due(SteadyTime now, const WorkerRow& row);

 private:
  std::optional<SteadyTime> last_;
  double lines_ = 0, done_ = 0;  // at that time
};

}  // namespace reprocess
