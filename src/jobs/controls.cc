#include "jobs/controls.h"

#include <fmt/format.h>

#include "plan/plan_config.h"

namespace reprocess {
namespace {

template <class T>
void Change(std::optional<T>& column, const std::optional<std::optional<T>>& change) {
  if (change) column = *change;
}

JobControls Changed(JobControls controls, const ControlsChange& change) {
  if (change.paused) controls.paused = *change.paused;
  Change(controls.max_messages_per_second, change.max_messages_per_second);
  Change(controls.max_bytes_per_second, change.max_bytes_per_second);
  Change(controls.max_consumer_lag, change.max_consumer_lag);
  Change(controls.lag_groups, change.lag_groups);
  Change(controls.max_errors, change.max_errors);
  return controls;
}

}  // namespace

JobThrottle ThrottleOf(const JobSummary& job, const JobControls& controls) {
  const Result<JobConfig> config = ReadPlanConfig(job.config).job;
  const bool ended = !job.completed_at.empty();
  return {controls.paused, LimitsOf(config ? config->throttle : ThrottleLimits{}, controls),
          ended ? job.status : std::string()};
}

Result<JobThrottle> ChangeControls(const ControlsRequest& request, Queries& queries) {
  TRY(const JobSummary job, queries.Job(request.job_id));
  if (request.change.paused.value_or(false) && (job.status == NameOf(WorkerStatus::kCompleted) ||
                                                job.status == NameOf(WorkerStatus::kCancelled))) {
    return Fatal(fmt::format("pause job: it has ended, {}; there is nothing to hold", job.status),
                 request.job_id, {}, Code::kConflict);
  }
  TRY(const JobControls now, queries.Controls(request.job_id));
  JobThrottle throttle = ThrottleOf(job, Changed(now, request.change));
  if (throttle.limits.max_consumer_lag > 0 && throttle.limits.lag_groups.empty()) {
    return Invalid("set max_consumer_lag: the job names no consumer groups", request.job_id,
                   "add lag_groups=GROUP,GROUP");
  }
  TRY_OK(queries.SetControls(request.job_id, request.change));
  return throttle;
}

}  // namespace reprocess
