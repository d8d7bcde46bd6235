#include "jobs/watch.h"

namespace reprocess {

std::optional<Outcome> EndOf(const JobOverview& job) {
  const Outcome outcome = job.standing.outcome;
  if (job.job.kubernetes) {
    if (!job.job.kubernetes->ended) return std::nullopt;
    const bool failed = job.job.status == "failed" && ExitCodeOf(outcome) != 2;
    return failed ? Outcome::kFailed : outcome;
  }
  switch (job.standing.standing) {
    case Standing::kStopped:
    case Standing::kCompleted:
    case Standing::kFailed:
    case Standing::kCancelled:
      return outcome;
    default:
      return std::nullopt;
  }
}

}  // namespace reprocess
