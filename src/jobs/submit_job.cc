#include "jobs/submit_job.h"

#include <algorithm>
#include <utility>

#include "cluster/names.h"
#include "cluster/reconcile.h"
#include "jobs/reach_cluster.h"
#include "jobs/start_job.h"
#include "plan/plan_config.h"
#include "store/database_url.h"

namespace reprocess {

Result<void> CheckPodsCanShare(const std::string& database_url) {
  TRY(const DatabaseUrl parsed, ParseDatabaseUrl(database_url));
  if (parsed.backend == Backend::kPostgres) return {};
  return Invalid("submit the job: its books are a SQLite file, which pods cannot share",
                 parsed.display,
                 "plan and submit it with --database postgresql://..., which the pods can reach");
}

Result<std::vector<std::string>> AskWhetherTaken(JobMaterial& material, const Plan& plan,
                                                 KubeApi& api, const std::stop_token& stop) {
  TRY(Acceptance acceptance, AskServer(material, api, stop));
  material.rules = acceptance.rules;
  std::vector<std::string> warnings = material.environment.warnings;
  std::ranges::move(acceptance.warnings, std::back_inserter(warnings));
  const bool local = std::ranges::any_of(
      plan.files, [](const PlannedFile& file) { return !file.item.path.starts_with("s3://"); });
  if (local && material.values.volume_mounts.empty()) {
    warnings.emplace_back(
        "its files are local paths: pods see them only where volumes and volumeMounts of a values "
        "file have them");
  }
  return warnings;
}

bool GrowsLater(const Values& values, const PlannedJob& job) {
  return values.queue.empty() && job.destination.kind == Destination::kKafka;
}

Result<void> ResumeAlone(AgainRequest request, const Environment& environment, Database& database,
                         const SubmitWorld& world, const std::stop_token& stop) {
  const std::string job_id = request.submission.job_id;
  const World here{database, StorageMakerIn(environment), SystemClock()};
  const auto queries = database.NewQueries();
  TRY(const JobSummary job, queries->Job(job_id));
  const bool planned = job.status == "pending";
  request.begin = [&](const std::function<Result<void>()>& begin) {
    return BeginAlone(job_id, ReadPlanConfig(job.config).destination.value_or(Destination{}), here,
                      *queries, stop, [&]() -> Result<void> {
                        TRY_OK(queries->SetStarting(job_id, true));
                        return begin();
                      });
  };
  auto resumed = Resume(request, environment, *queries, *database.NewPlanLists(), world, stop);
  const bool ours = resumed || resumed.error().remedy != Remedy::kFenced;
  if (!resumed && planned && ours) (void)queries->SetStarting(job_id, false);
  return resumed;
}

Result<void> GiveToKubernetes(const AgainRequest& request, ClusterAccess access,
                              const Environment& environment, Database& database,
                              const std::stop_token& stop) {
  TRY(access, AccessToJob(std::move(access), request.submission));
  const auto submissions = database.NewSubmissions();
  const auto api = ConnectTo(std::move(access));
  return ResumeAlone(request, environment, database,
                     {*api, *submissions, request.submission.cluster}, stop);
}

Result<bool> IsTheAdmins(const JobSummary& job, Submissions& submissions) {
  if (IsOurs(job)) return false;
  TRY(const auto submission, submissions.Find(job.id));
  return !submission;
}

}  // namespace reprocess
