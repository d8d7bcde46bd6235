#include "api/readiness.h"

namespace reprocess {
namespace {

constexpr Milliseconds kHolds{1'000};

}  // namespace

Result<void> Readiness::Now(const std::stop_token& stop) {
  const std::unique_lock asking(asking_, std::try_to_lock);
  {
    const std::scoped_lock lock(mutex_);
    if (last_ && (!asking || clock_.Now() < until_)) return *last_;
  }
  const Result<void> answer = Ask(stop);
  const std::scoped_lock lock(mutex_);
  last_ = answer;
  until_ = clock_.Now() + kHolds;
  return answer;
}

// By a job that there is not: one look into an index.
Result<void> Readiness::Ask(const std::stop_token& stop) {
  const auto job = queries_.Take()->Job("");
  if (!job && job.error().code != Code::kNotFound) return std::unexpected(job.error());
  if (auto reached = launcher_.Reachable(stop); !reached) {
    Error error = WithContext("reach where jobs run", std::move(reached).error());
    error.remedy = Remedy::kWait;
    return std::unexpected(std::move(error));
  }
  return {};
}

}  // namespace reprocess
