#include "api/made_job.h"

#include "jobs/start_job.h"

namespace reprocess {
namespace {

void Drop(ApiContext& api, const std::string& job_id, const std::string& why) {
  const auto queries = api.queries.Take();
  const auto forgotten = queries->ForgetPlan(job_id);
  if (forgotten && *forgotten) return;
  (void)queries->TellWhyStopped(job_id, why);
  (void)api.launcher.Cancel(job_id, {});
}

// Nobody waits any more for a job that has not begun: it does not begin.
Result<void> CheckHasBegun(ApiContext& api, const std::string& job_id) {
  TRY(const JobSummary job, api.queries.Take()->Job(job_id));
  if (job.status != "pending") return {};
  return Stopped("start the job: its caller has left");
}

}  // namespace

Result<void> StartMade(ApiContext& api, const Call& call, StartRequest start) {
  const std::string id = start.job.plan.job_id;
  const std::stop_token& stop = call.request.stop;
  Result<void> started = stop.stop_requested()
                             ? Stopped("start the job: its caller has left")
                             : StartJob(start, api.settings.work.settings, api.settings.work.kafka,
                                        api.launcher, api.world, stop);
  if (started && stop.stop_requested()) started = CheckHasBegun(api, id);
  if (!started) Drop(api, id, started.error().what);
  return started;
}

Result<std::optional<PlannedJob>> PlanOnce(ApiContext& api, const Call& call,
                                           const std::function<Result<PlannedJob>()>& plan) {
  if (call.made.empty()) {
    TRY(PlannedJob planned, plan());
    return planned;
  }
  const auto queries = api.queries.Take();
  TRY(const JobSummary job, queries->Job(call.made));
  if (job.status != "pending") return std::nullopt;
  TRY(PlannedJob planned, StoredPlan(call.made, *queries));
  return planned;
}

}  // namespace reprocess
