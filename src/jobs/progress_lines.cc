#include "jobs/progress_lines.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "jobs/stored_ratio.h"
#include "model/checkpoint.h"

namespace reprocess {
namespace {

// Stored bytes behind the committed place. How far the current file inflates is taken from those
// before it.
double DoneBytes(const WorkerRow& row, const Checkpoint& at) {
  const auto inside = static_cast<double>(at.file.bytes);
  const auto before = static_cast<double>(at.shard.bytes - std::min(at.shard.bytes, at.file.bytes));
  const auto stored = static_cast<double>(at.processed_bytes);
  const double ratio = !LooksCompressed(row.current_file) ? 1
                       : stored > 0 && before > stored    ? before / stored
                                                          : kGuessedRatio;
  return std::min(static_cast<double>(row.total_bytes), stored + inside / ratio);
}

}  // namespace

std::optional<std::vector<LogField>> ProgressLines::Due(SteadyTime now, const WorkerRow& row,
                                                        const std::string& checkpoint) {
  if (last_ && now - *last_ < kInterval) return std::nullopt;
  const auto at = Decode(checkpoint);
  if (!at) return std::nullopt;  // nothing is committed yet
  const double done = DoneBytes(row, *at), total = static_cast<double>(row.total_bytes);
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
