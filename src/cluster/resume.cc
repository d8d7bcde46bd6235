#include "cluster/resume.h"

#include "cluster/control.h"
#include "plan/plan_hash.h"

namespace reprocess {
namespace {

Result<void> CheckWorkIsLeft(const JobSummary& job) {
  if (job.status == "cancelled") {
    return Fatal("resume the job: it is cancelled, and that is final", job.id, "plan a new job",
                 Code::kConflict);
  }
  if (job.status == "completed") {
    return Fatal("resume the job: it is completed", job.id,
                 "`reprocess retry` sends what could not be sent", Code::kConflict);
  }
  return {};
}

Result<void> SubmitAgain(const AgainRequest& request, const Environment& environment,
                         Queries& queries, PlanLists& lists, const SubmitWorld& world,
                         const std::stop_token& stop) {
  const Submission& before = request.submission;
  TRY(const auto plan, queries.LoadPlan(before.job_id));
  if (!plan) {
    return Fatal("resume the job: its plan is not in this database", before.job_id, {},
                 Code::kNotFound);
  }
  TRY(Values values, ReadValues(before.options, "the job's submission"));
  TRY(JobMaterial material, MaterialOf(*plan, std::move(values), environment, lists));
  TRY(const Acceptance acceptance, AskServer(material, world.api, stop));
  material.rules = acceptance.rules;
  TRY_OK(Submit({.material = std::move(material),
                 .plan_hash = PlanHashOf(*plan),
                 .submitted_by = request.submitted_by,
                 .reason = request.reason,
                 .take = Take::kFailed,
                 .full_width = true,
                 .begin = request.begin},
                world, stop));
  return {};
}

}  // namespace

Result<void> Resume(const AgainRequest& request, const Environment& environment, Queries& queries,
                    PlanLists& lists, const SubmitWorld& world, const std::stop_token& stop) {
  const Submission& before = request.submission;
  TRY(const JobSummary job, queries.Job(before.job_id));
  TRY_OK(CheckWorkIsLeft(job));
  if (job.status == "running" && before.ended_at.empty()) {
    return Unsuspend(world.api, world.submissions, before, stop);
  }
  return SubmitAgain(request, environment, queries, lists, world, stop);
}

}  // namespace reprocess
