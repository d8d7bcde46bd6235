#include "replay/error_limit.h"

#include <fmt/format.h>

#include "base/thousands.h"

namespace reprocess {

Result<void> CheckErrors(const Ports& ports, const ShardRef& shard, const Checkpoint& checkpoint) {
  if (ports.throttle == nullptr || checkpoint.state == ShardState::kComplete) return {};
  const std::optional<MaxErrors> most = ports.throttle->MostErrors();
  const Counters& books = checkpoint.shard;
  if (!most || !IsOver(*most, books)) return {};
  return Fatal(
      fmt::format("stop the shard: {} of {} lines judged are errors, and max_errors is {}",
                  Thousands(books.errors()), Thousands(books.success + books.errors()),
                  ToText(*most)),
      fmt::format("job {}, shard {}", shard.job_id, shard.index),
      fmt::format("`reprocess errors {0}` shows them. `reprocess set {0} max_errors=100%` lets the "
                  "job go on from its checkpoint; a retry sends them when their cause is mended",
                  shard.job_id));
}

}  // namespace reprocess
