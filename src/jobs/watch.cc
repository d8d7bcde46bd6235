#include "jobs/watch.h"

namespace reprocess {

std::optional<Outcome> EndOf(const JobOverview& job) {
  const Outcome outcome = job.standing.outcome;
  if (job.job.kubernetes) {
    if (!job.job.kubernetes->ended) return std::nullopt;
    const bool failed = job.job.status == "failed" && ExitCodeOf(outcome) != 2;
    return failed || job.job.status == "cancelled" ? Outcome::kFailed : outcome;
  }
  switch (job.standing.standing) {
    case Standing::kStopped:
    case Standing::kCompleted:
    case Standing::kFailed:
      return outcome;
    case Standing::kCancelled:
      return outcome == Outcome::kStopped ? std::nullopt : std::optional(outcome);
    default:
      return std::nullopt;
  }
}

}  // namespace reprocess
