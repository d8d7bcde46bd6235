#include "worker/progress_lines.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace reprocess {

std::optional<std::vector<LogField>> ProgressLines::Due(SteadyTime now, const WorkerRow& row) {
  if (last_ && now - *last_ < kInterval) return std::nullopt;
  const auto total = static_cast<double>(row.total_bytes);
  const double done = std::min(total, static_cast<double>(row.stored_bytes));
  const double lines = static_cast<double>(row.counters.lines);
  const double before = std::exchange(done_, done), lines_before = std::exchange(lines_, lines);
  const auto since = std::exchange(last_, now);
  if (!since) return std::nullopt;
  const double seconds = std::chrono::duration<double>(now - *since).count();
  std::vector<LogField> fields = {
      {"file", row.current_file},
      {"line", row.current_line},
      {"sent", row.counters.success},
      {"unsent", row.counters.errors()},
      {"lines_per_second", std::llround(std::max(0.0, lines - lines_before) / seconds)}};
  if (total > 0) fields.emplace_back("percent", std::llround(std::floor(100 * done / total)));
  if (done > before) {
    fields.emplace_back("seconds_left", std::llround((total - done) * seconds / (done - before)));
  }
  return fields;
}

}  // namespace reprocess
