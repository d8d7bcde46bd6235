#include "jobs/start_job.h"

#include <fmt/format.h>

#include "plan/make_plan.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

Result<void> CheckNobodySendsIt(const PlannedJob& job, Queries& queries) {
  TRY(const auto overlaps, queries.BeingSent(job.plan.job_id));
  for (const PlanOverlap& other : overlaps) {
    const auto target = DestinationOfPlan(other.config);
    if (!target || target->kind != Destination::kKafka || target->topic != job.destination.topic) {
      continue;
    }
    return Fatal(fmt::format("start the job: job {} is sending {} of its files; the first is {}",
                             other.job_id, other.files, other.path),
                 job.plan.job_id, "wait until that one has ended, or cancel it", Code::kConflict);
  }
  return {};
}

Result<void> CheckReplayed(const StartRequest& request, const Settings& settings,
                           const World& world, Queries& queries, const std::stop_token& stop) {
  const PlannedJob& job = request.job;
  const auto storage = world.make_storage(settings, {}, {});
  TRY(const std::string replayed,
      ReplayedOfPlan(job.plan, job.destination, queries, *storage, stop));
  if (replayed.empty() || request.again) return {};
  return Fatal("start the job: " + replayed, job.plan.job_id,
               "plan it with what is new alone, or say that all lines are to be sent once more",
               Code::kConflict);
}

}  // namespace

Result<void> StartJob(const StartRequest& request, const Settings& settings, Launcher& launcher,
                      const World& world, const std::stop_token& stop) {
  const PlannedJob& job = request.job;
  const auto queries = world.database.NewQueries();
  if (job.plan.begun == Begun::kNot && job.destination.kind == Destination::kKafka) {
    TRY_OK(CheckNobodySendsIt(job, *queries));
    TRY_OK(CheckReplayed(request, settings, world, *queries, stop));
  }
  return launcher.Start(request, stop);
}

}  // namespace reprocess
