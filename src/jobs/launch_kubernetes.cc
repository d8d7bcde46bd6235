#include "jobs/launch_kubernetes.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cluster/control.h"
#include "cluster/names.h"
#include "config/surroundings.h"
#include "jobs/controls.h"
#include "jobs/keep_cluster.h"
#include "jobs/reach_cluster.h"
#include "jobs/submit_job.h"
#include "kube/json.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

constexpr Milliseconds kReachWithin{5'000};
constexpr std::size_t kMostTroubles = 100;

PodCounts CountsIn(const std::string& json) {
  const auto object = nlohmann::json::parse(json, nullptr, false);
  PodCounts counts{.active = NumberAt(object, {"status", "active"}),
                   .succeeded = NumberAt(object, {"status", "succeeded"}),
                   .failed = NumberAt(object, {"status", "failed"}),
                   .ready = {},
                   .start_time = TextAt(object, {"status", "startTime"}),
                   .completion_time = TextAt(object, {"status", "completionTime"})};
  if (At(object, {"status", "ready"}).is_number()) {
    counts.ready = NumberAt(object, {"status", "ready"});
  }
  return counts;
}

class KubernetesLauncher final : public Launcher {
 public:
  KubernetesLauncher(KubernetesOptions options, std::string cluster, Database& database)
      : options_(std::move(options)),
        environment_(Overlay(WithAdminsNames(options_.environment),
                             {{"DATABASE_URL", options_.database_url}})),
        cluster_(std::move(cluster)),
        database_(database),
        api_(ConnectTo(options_.access)),
        quick_(ConnectTo(options_.access, kReachWithin)),
        queries_(database.NewQueries()),
        submissions_(database.NewSubmissions()),
        lists_(database.NewPlanLists()),
        store_(database.NewClusterStore()),
        world_{*api_, *submissions_, cluster_},
        keeping_(database, options_.access, cluster_, options_.config.kafka,
                 options_.config.settings, [this](const std::string& text) { Keep(text); }) {}

  std::string_view name() const override { return "kubernetes"; }
  const std::string& name_space() const override { return options_.access.name_space; }
  int workers_by_default() const override { return 0; }

  Result<void> Reachable(const std::stop_token& stop) override {
    const KubeCall call{.verb = "list", .resource = kJobs, .query = "limit=1"};
    TRY_OK(quick_->Send(call, stop));
    return {};
  }

  Result<std::vector<std::string>> Check(const PlannedJob& job,
                                         const std::stop_token& stop) override {
    TRY(JobMaterial material, MaterialFor(job, 0));
    return AskWhetherTaken(material, job.plan, *api_, stop);
  }

  Result<void> Start(const StartRequest& request, const std::stop_token& stop) override {
    TRY(JobMaterial material, MaterialFor(request.job, request.parallelism));
    TRY_OK(AskWhetherTaken(material, request.job.plan, *api_, stop));
    const bool grows = GrowsLater(material.values, request.job);
    TRY_OK(Submit({.material = std::move(material),
                   .plan_hash = request.job.hash,
                   .submitted_by = request.who,
                   .reason = request.reason,
                   .full_width = !grows},
                  world_, stop));
    return {};
  }

  Result<void> Suspend(const std::string& job_id, const std::string& who,
                       const std::stop_token& stop) override {
    TRY(const Submission submission, Submitted("suspend", job_id));
    TRY_OK(JobOfSubmission(*api_, submission, stop));
    return AskToSuspend(*submissions_, submission, who);
  }

  Result<void> Resume(const std::string& job_id, const std::string& who, const std::string& reason,
                      const std::stop_token& stop) override {
    TRY_OK(queries_->Job(job_id));
    TRY(const auto submission, submissions_->Find(job_id));
    if (submission) {
      TRY_OK(CheckIsHere(*submission));
      TRY_OK(ResumeAlone({*submission, who, reason}, environment_, database_, world_, stop));
    }
    TRY_OK(ChangeControls({.job_id = job_id, .change = {.paused = false}}, *queries_));
    return {};
  }

  Result<void> Scale(const std::string& job_id, int pods, const std::stop_token& stop) override {
    TRY(const Submission submission, Submitted("scale", job_id));
    TRY(const JobSummary job, queries_->Job(job_id));
    if (pods < 1 || pods > job.total_workers) {
      return Invalid(
          fmt::format("scale the job: expected 1 to {} pods, got {}", job.total_workers, pods),
          job_id);
    }
    return reprocess::Scale(*api_, *submissions_, submission, pods, stop);
  }

  Result<ReleasedPod> Release(const std::string& job_id, int worker,
                              const std::stop_token& stop) override {
    TRY_OK(Submitted("release a worker of", job_id));
    return ReleaseWorker(*api_, job_id, worker, SystemClock().Wall(), stop);
  }

  Result<void> Cancel(const std::string& job_id, const std::stop_token& stop) override {
    TRY(const JobSummary job, queries_->Job(job_id));
    TRY(const bool the_admins, IsTheAdmins(job, *submissions_));
    if (the_admins && CheckJobName(job_id, 1)) {
      TRY_OK(Adopt(*api_, *submissions_, cluster_, job_id, stop));
    }
    TRY_OK(submissions_->Cancel(job_id));
    return {};
  }

  Result<bool> ReadLogs(const LogsRequest& request, LogsListener& listener, bool follow,
                        const std::stop_token& stop) override {
    TRY_OK(queries_->Job(request.job_id));
    TRY_OK(CheckJobName(request.job_id, 1));
    TRY(const auto kept, store_->Pods(request.job_id));
    return follow ? FollowJobLogs(*api_, request, kept, listener, stop)
                  : ReadJobLogs(*api_, request, kept, listener, stop);
  }

  Result<std::vector<PodRow>> Pods(const std::string& job_id,
                                   const std::stop_token& stop) override {
    TRY_OK(queries_->Job(job_id));
    TRY(std::vector<PodRow> pods, store_->Pods(job_id));
    for (PodRow& pod : pods) pod.log.clear();
    if (!CheckJobName(job_id, 1)) return pods;  // Kubernetes has none of such a name
    TRY(const KubeList there, ListObjects(*api_, kPods, ObjectsOfJob(job_id), stop));
    for (const KubeObject& object : there.objects) {
      const SeenPod pod = PodOf(object);
      PodRow row = RowOf(pod, pod.ended ? pod.reason : pod.waiting);
      std::erase_if(pods, [&](const PodRow& kept) { return kept.uid == row.uid; });
      pods.push_back(std::move(row));
    }
    return pods;
  }

  Result<std::optional<PodCounts>> CountsOf(const std::string& job_id,
                                            const std::stop_token& stop) override {
    TRY(const auto submission, submissions_->Find(job_id));
    if (!CheckJobName(job_id, 1)) return std::nullopt;
    const auto object = GetObject(*quick_, kJobs, JobNameOf(job_id), stop);
    if (!object && object.error().code == Code::kNotFound) return std::nullopt;
    if (!object) return std::unexpected(object.error());
    if (submission && submission->job_uid != object->uid) return std::nullopt;
    return CountsIn(object->json);
  }

  std::vector<std::string> Troubles() override {
    const std::scoped_lock lock(mutex_);
    return std::exchange(troubles_, {});
  }

 private:
  // A retry's pods are as those of the job that it retries.
  Result<Values> ValuesFor(const PlannedJob& job) {
    const std::string before = ReadPlanConfig(job.plan.config).retry_of;
    if (before.empty()) return options_.values;
    TRY(const auto submission, submissions_->Find(before));
    if (!submission || submission->options.empty() || submission->options == "{}") {
      return options_.values;
    }
    return ReadValues(submission->options, "the job's submission");
  }

  Result<JobMaterial> MaterialFor(const PlannedJob& job, int parallelism) {
    TRY(Values values, ValuesFor(job));
    if (parallelism > 0) values.parallelism = parallelism;
    return MaterialOf(job.plan, std::move(values), environment_, *lists_);
  }

  Result<void> CheckIsHere(const Submission& submission) const {
    if (submission.cluster == cluster_ && submission.name_space == name_space()) return {};
    return Fatal(fmt::format("reach the job: it is in namespace {}{}", submission.name_space,
                             submission.cluster == cluster_ ? "" : " of another cluster"),
                 submission.job_id, "ask whoever works there", Code::kConflict);
  }

  Result<Submission> Submitted(std::string_view verb, const std::string& job_id) {
    TRY_OK(queries_->Job(job_id));
    TRY(const auto submission, submissions_->Find(job_id));
    if (!submission) {
      return Fatal(fmt::format("{} the job: it was not submitted to Kubernetes", verb), job_id, {},
                   Code::kConflict);
    }
    TRY_OK(CheckIsHere(*submission));
    return *submission;
  }

  void Keep(const std::string& trouble) {
    const std::scoped_lock lock(mutex_);
    if (troubles_.size() < kMostTroubles) troubles_.push_back(trouble);
  }

  const KubernetesOptions options_;
  const Environment environment_;
  const std::string cluster_;
  Database& database_;
  const std::unique_ptr<KubeApi> api_, quick_;
  const std::unique_ptr<Queries> queries_;
  const std::unique_ptr<Submissions> submissions_;
  const std::unique_ptr<PlanLists> lists_;
  const std::unique_ptr<ClusterStore> store_;
  const SubmitWorld world_;
  std::mutex mutex_;
  std::vector<std::string> troubles_;
  ClusterKeeping keeping_;  // last: it tells the above
};

}  // namespace

Result<std::unique_ptr<Launcher>> LaunchOnKubernetes(KubernetesOptions options,
                                                     Database& database) {
  TRY_OK(CheckPodsCanShare(options.database_url));
  TRY(std::string cluster, ClusterIdOf(options.access));
  return std::make_unique<KubernetesLauncher>(std::move(options), std::move(cluster), database);
}

}  // namespace reprocess
