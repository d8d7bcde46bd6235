#include "jobs/retry_job.h"

#include "jobs/run_here.h"

namespace reprocess {
namespace {

// Of retries that were left before they began, the one that is on its way already; or empty.
Result<std::string> LeftOnItsWay(const std::string& job_id, Queries& queries) {
  TRY(const auto retries, queries.RetriesOf(job_id));
  for (const std::string& id : retries) {
    TRY(const JobSummary retry, queries.Job(id));
    if (retry.status != "pending") continue;
    if (retry.kubernetes) return id;
    TRY_OK(queries.ForgetPlan(id));
  }
  return std::string();
}

}  // namespace

Result<PlannedJob> RetryPlanned(const RetryJobRequest& request, const World& world,
                                const std::stop_token& stop) {
  const auto queries = world.database.NewQueries();
  TRY(const JobSummary job, queries->Job(request.retry.job_id));
  TRY(const std::string left, LeftOnItsWay(job.id, *queries));
  if (!left.empty()) return StoredPlan(left, *queries);
  RunRequest run;
  run.job_id = request.job_id;
  run.kafka = request.kafka;
  run.shards = request.shards > 0 ? request.shards : job.total_workers;
  run.settings = request.settings;
  run.repository = request.repository;
  run.retry = request.retry;
  run.again = request.again;
  run.begun = Begun::kNot;
  run.call = request.call;
  TRY(PreparedRun prepared, PrepareRun(run, world, stop));
  TRY(PlannedJob planned, StoredPlan(prepared.job_id, *queries));
  planned.existed = false;
  planned.warnings = std::move(prepared.warnings);
  planned.checked = std::move(prepared.checked);
  return planned;
}

}  // namespace reprocess
