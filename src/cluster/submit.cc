#include "cluster/submit.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cluster/control.h"
#include "cluster/names.h"
#include "cluster/reconcile.h"
#include "config/requirements.h"
#include "decode/gzipped.h"
#include "plan/list_text.h"
#include "plan/plan_config.h"
#include "plan/stored_list.h"

namespace reprocess {
namespace {

using Json = nlohmann::json;

constexpr int kMostWaits = 12;  // for an object to go: over two minutes

struct Owned {
  KubeResource resource;
  std::string name, text;
};

// Those that the Job owns.
std::vector<Owned> OwnedBy(const JobMaterial& material, const std::string& uid) {
  std::vector<Owned> owned = {
      {kConfigMaps, FilesNameOf(material.job_id), FilesText(material, uid)},
      {kConfigMaps, ConfigNameOf(material.job_id), ConfigText(material, uid)}};
  if (material.values.existing_secret.empty()) {
    owned.push_back({kSecrets, CredentialsNameOf(material.job_id), CredentialsText(material, uid)});
  }
  return owned;
}

std::unexpected<Error> StaysThere(const std::string& name) {
  return Fatal(fmt::format("submit the job: {} was deleted and is still there", name), {},
               "look at its finalizers, then submit again", Code::kTimedOut);
}

// Its name may be another's by now.
Result<void> DeleteOurs(KubeApi& api, const KubeResource& resource, const std::string& name,
                        const std::string& uid, const std::stop_token& stop) {
  auto deleted = DeleteIfThere(api, resource, name, uid, stop);
  if (!deleted && deleted.error().code == Code::kConflict) return {};
  return deleted;
}

// One submission on its way.
class Submitter {
 public:
  Submitter(const SubmitRequest& request, const SubmitWorld& world, const std::stop_token& stop)
      : request_(request), world_(world), stop_(stop), material_(request.material) {}

  Result<Submission> Run() {
    TRY_OK(request_.begin([this] { return Begin(); }));
    auto done = Steps();
    if (!done && done.error().remedy == Remedy::kFenced) GiveUp();
    if (!done) return std::unexpected(std::move(done).error());
    return row_;
  }

 private:
  Result<void> Begin() {
    TRY(const auto before, world_.submissions.Find(material_.job_id));
    const bool again = request_.take == Take::kFailed;
    if (!again && before && before->suspended && before->ended_at.empty()) {
      return Fatal("submit the job: it is suspended", material_.job_id,
                   "`reprocess resume` lets it go on", Code::kConflict);
    }
    if (before && before->job_uid.empty() && before->phase == kSubmittedOutside) {
      return Fatal("submit the job: its objects were printed, and whoever makes them submits it",
                   material_.job_id, "make them; or `reprocess cancel` the job and plan it anew",
                   Code::kConflict);
    }
    TRY(row_, world_.submissions.Begin({.job_id = material_.job_id,
                                        .cluster = world_.cluster,
                                        .name_space = world_.api.name_space(),
                                        .parallelism = ParallelismOf(material_),
                                        .plan_hash = request_.plan_hash,
                                        .options = ValuesJson(material_.values),
                                        .submitted_by = request_.submitted_by,
                                        .reason = request_.reason},
                                       request_.take));
    return {};
  }

  Result<void> Steps() {
    TRY_OK(EnsureJob());
    if (started_) return {};
    for (const Owned& owned : OwnedBy(material_, row_.job_uid)) TRY_OK(Make(owned));
    TRY_OK(world_.submissions.MarkRunning(row_.job_id, row_.generation, JobNameOf(row_.job_id)));
    TRY_OK(LetGo());
    return Hold();
  }

  // Before each step: whether it is still our turn.
  Result<void> Hold() {
    TRY(const auto now, world_.submissions.Find(row_.job_id));
    if (now && now->generation == row_.generation) return {};
    return std::unexpected(Error{.remedy = Remedy::kFenced,
                                 .what = "submit the job: somebody else has submitted or cancelled "
                                         "it meanwhile",
                                 .where = row_.job_id,
                                 .hint = "`reprocess status` shows how it stands",
                                 .code = Code::kConflict});
  }

  Result<void> EnsureJob() {
    for (int step = 0; step < kMostWaits; ++step) {
      TRY_OK(Hold());
      auto made = CreateObject(world_.api, kJobs, JobText(material_, Start::kSuspended),
                               WriteMode::kWrite, stop_);
      if (made) return Keep(made->object.uid);
      if (made.error().code != Code::kConflict) return std::unexpected(std::move(made).error());
      TRY(const bool ours, TakeUpJob());
      if (ours) return {};
      if (!world_.api.Pause(step, stop_)) return Stopped("submit the job");
    }
    return StaysThere(JobNameOf(row_.job_id));
  }

  Result<void> Keep(const std::string& uid) {
    made_.push_back({kJobs, JobNameOf(row_.job_id), uid});
    row_.job_uid = uid;
    return world_.submissions.Change(row_.job_id, row_.generation, {.job_uid = uid});
  }

  // The Job that is there: ours, as an earlier try left it; else, where it never started, it goes.
  Result<bool> TakeUpJob() {
    const auto found = GetObject(world_.api, kJobs, JobNameOf(row_.job_id), stop_);
    if (!found && found.error().code == Code::kNotFound) return false;
    if (!found) return std::unexpected(found.error());
    const SeenJob job = JobOf(*found);
    if (job.uid == row_.job_uid && !job.deleting) {
      started_ = !job.suspended || !job.queue.empty();
      return true;
    }
    // Of a job that goes on, the Job that has ended makes room.
    const bool over = request_.take == Take::kFailed && (job.complete || job.failed);
    if (!job.suspended && !job.deleting && !over) {
      return Fatal("submit the job: a Job of its name runs, which this database does not know",
                   fmt::format("jobs/{} in {}", job.name, world_.api.name_space()),
                   "delete it, or plan the job again under another name", Code::kConflict);
    }
    TRY_OK(Hold());
    TRY_OK(DeleteOurs(world_.api, kJobs, job.name, job.uid, stop_));
    return false;
  }

  // What is there under its name belongs to an earlier try.
  Result<void> Make(const Owned& owned) {
    for (int step = 0; step < kMostWaits; ++step) {
      TRY_OK(Hold());
      auto made = CreateObject(world_.api, owned.resource, owned.text, WriteMode::kWrite, stop_);
      if (made) {
        made_.push_back({owned.resource, owned.name, made->object.uid});
        return {};
      }
      if (made.error().code != Code::kConflict) return std::unexpected(std::move(made).error());
      TRY_OK(Hold());
      TRY_OK(DeleteIfThere(world_.api, owned.resource, owned.name, {}, stop_));
      if (step > 0 && !world_.api.Pause(step, stop_)) return Stopped("submit the job");
    }
    return StaysThere(owned.name);
  }

  // With Kueue it is the queue that lets it go.
  Result<void> LetGo() {
    const std::string name = JobNameOf(row_.job_id), &queue = material_.values.queue;
    if (queue.empty()) {
      const int pods = request_.full_width ? row_.parallelism : 1;
      return PatchJob(world_.api, name, row_.job_uid, {.suspend = false, .parallelism = pods},
                      stop_);
    }
    const Json patch = {{"metadata", {{"labels", {{std::string(kQueueLabel), queue}}}}},
                        {"spec", {{"parallelism", row_.parallelism}}}};
    TRY_OK(
        PatchObject(world_.api, kJobs, name, row_.job_uid, patch.dump(), WriteMode::kWrite, stop_));
    return {};
  }

  // Another has the turn. What we made goes, unless the other one has taken up our Job: then the rest
  // is that Job's.
  void GiveUp() {
    if (IsTakenUp()) return;
    for (auto made = made_.rbegin(); made != made_.rend(); ++made) {
      (void)DeleteOurs(world_.api, made->resource, made->name, made->uid, stop_);
    }
  }

  bool IsTakenUp() {
    if (world_.submissions.IsCancelled(row_.job_id).value_or(false)) return false;
    const auto now = world_.submissions.Find(row_.job_id);
    if (!now || !*now || (*now)->job_uid != row_.job_uid) return false;
    const auto job = GetObject(world_.api, kJobs, JobNameOf(row_.job_id), stop_);
    return job && job->uid == row_.job_uid && !JobOf(*job).deleting;
  }

  struct Made {
    KubeResource resource;
    std::string name, uid;
  };

  const SubmitRequest& request_;
  const SubmitWorld& world_;
  const std::stop_token& stop_;
  const JobMaterial& material_;
  Submission row_;
  std::vector<Made> made_;
  bool started_ = false;
};

Result<std::vector<SeenPod>> PodsOf(const std::string& job_id, KubeApi& api,
                                    const std::stop_token& stop) {
  TRY(const KubeList list, ListObjects(api, kPods, ObjectsOfJob(job_id), stop));
  std::vector<SeenPod> pods;
  for (const KubeObject& object : list.objects) pods.push_back(PodOf(object));
  return pods;
}

std::string WaitsFor(std::span<const SeenPod> pods) {
  for (const SeenPod& pod : pods) {
    if (!pod.waiting.empty()) return fmt::format("pod {}: {}", pod.name, pod.waiting);
  }
  return pods.empty() ? "the first pod" : "the first worker's first commit";
}

// Neither as a worker ends that has something to say (0, 2, 3, 4), nor by the cluster's doing.
bool HasCrashed(const SeenPod& pod) {
  const int exit = pod.exit_code.value_or(0);
  const bool said = exit == 0 || (exit >= 2 && exit <= 4);
  return !said && pod.deleted_at.empty() && !pod.reason.starts_with("DisruptionTarget");
}

// Of the shard that failed for good, or of the first that told one, its error; else how the first pod
// crashed.
std::string ErrorOf(std::span<const ShardSummary> shards, std::span<const SeenPod> pods) {
  const ShardSummary* failed = FailedForGood(shards);
  if (failed != nullptr && !failed->worker.error.empty()) return failed->worker.error;
  for (const ShardSummary& shard : shards) {
    if (!shard.worker.error.empty()) return shard.worker.error;
  }
  const std::string what = "the first worker has ended twice and committed nothing";
  const auto pod = std::ranges::find_if(pods, HasCrashed);
  if (pod == pods.end()) return what;
  return fmt::format("{}: exit {}{}{}", what, *pod->exit_code, pod->reason.empty() ? "" : ", ",
                     pod->reason);
}

// Its Job will start no pod any more, and none has shown that it works.
std::unexpected<Error> EndedEarly(const Submission& row, const SeenJob& job) {
  return Fatal(fmt::format("run the first worker: its Job has ended{}{}",
                           job.why.empty() ? "" : ": ", job.why),
               row.job_id, "`reprocess watch` says how, and what is left");
}

std::unexpected<Error> Failed(const Submission& row, const std::string& error) {
  return Fatal(fmt::format("run the first worker: {}", error), row.job_id,
               "the Job is suspended, and no other worker was started; once the cause is gone, "
               "`reprocess resume` starts it again");
}

// files.json, gzipped: the list, or where it is in the database.
Result<std::string> FilesOf(const Plan& plan, PlanLists& lists, std::size_t most_bytes) {
  TRY(const JobConfig config, ReadPlanConfig(plan.config).job);
  const auto required = RequirementsOf(config, plan.files);
  TRY(std::string text, ListTextOf(plan));
  std::string files = Gzipped(WithRequirements(required, std::move(text)));
  if (files.size() <= most_bytes) return files;
  TRY(const StoredList list, StoreList(plan, config.start_file, lists));
  return Gzipped(WithRequirements(required, ToText(list)));
}

}  // namespace

Result<JobMaterial> MaterialOf(const Plan& plan, Values values, const Environment& environment,
                               PlanLists& lists, std::size_t most_list_bytes) {
  TRY_OK(CheckJobName(plan.job_id, plan.total_workers));
  const auto destination = ReadPlanConfig(plan.config).destination;
  if (!destination || destination->kind == Destination::kFiles) {
    return Invalid("submit the job: its destination is files of one machine", plan.job_id,
                   "plan it with --kafka and --topic, or with --dry-run");
  }
  const WorkerIdentity identity{.service_account = !values.service_account.empty(),
                                .mounted = MountedFolders(values)};
  JobMaterial material{.job_id = plan.job_id,
                       .shards = plan.total_workers,
                       .values = std::move(values),
                       .files = {},
                       .total_files = plan.files.size(),
                       .config = WorkersConfig(plan.config),
                       .environment = {}};
  TRY(material.files, FilesOf(plan, lists, most_list_bytes));
  if (material.values.existing_secret.empty()) {
    TRY(material.environment, EnvironmentForWorkers(environment, *destination, identity));
  }
  return material;
}

Result<Acceptance> AskServer(const JobMaterial& material, KubeApi& api,
                             const std::stop_token& stop) {
  // Under a name of its own: the job's may be there already.
  JobMaterial asked = material;
  asked.job_id = "dry-run-" + material.job_id;
  if (!CheckJobName(asked.job_id, asked.shards)) asked.job_id = "dry-run";
  const std::string sent = JobText(asked, Start::kSuspended);
  auto answered = CreateObject(api, kJobs, sent, WriteMode::kDryRun, stop);
  if (!answered) return std::unexpected(std::move(answered).error());
  Acceptance acceptance{.rules = material.rules, .warnings = std::move(answered->warnings)};
  const std::vector<std::string> dropped = DroppedFields(sent, answered->object.json);
  if (dropped.empty()) return acceptance;
  if (!IsOldServer(dropped)) {
    return Fatal(fmt::format("submit the job: the API server drops {}", fmt::join(dropped, ", ")),
                 {}, "use a newer Kubernetes", Code::kUnsupported);
  }
  acceptance.rules = JobRules::kOld;
  acceptance.warnings.push_back(
      fmt::format("this Kubernetes is older than 1.29 and does not know {}: crashes of all workers "
                  "are counted together, and failed "
                  "files are no exit code",
                  fmt::join(dropped, ", ")));
  return acceptance;
}

Result<Submission> Submit(const SubmitRequest& request, const SubmitWorld& world,
                          const std::stop_token& stop) {
  return Submitter(request, world, stop).Run();
}

Growth GrowthOf(std::span<const ShardSummary> shards, std::span<const SeenPod> pods) {
  const bool moved = std::ranges::any_of(shards, [](const ShardSummary& shard) {
    return shard.worker.counters.lines > 0 || shard.status == WorkerStatus::kCompleted;
  });
  const auto ended_with = [&](int exit) {
    return std::ranges::count_if(pods, [&](const SeenPod& pod) { return pod.exit_code == exit; });
  };
  if (FailedForGood(shards) != nullptr) return Growth::kGiveUp;
  if (moved || ended_with(0) > 0 || ended_with(2) > 0) return Growth::kRaise;
  // Where a pod's container starts again in place, that is counted.
  const bool restarted =
      std::ranges::any_of(pods, [](const SeenPod& pod) { return pod.restarts >= 2; });
  return restarted || std::ranges::count_if(pods, HasCrashed) >= 2 ? Growth::kGiveUp
                                                                   : Growth::kWait;
}

Result<void> GrowOnceSafe(const Submission& submission, const SubmitWorld& world, Queries& queries,
                          const std::function<void(const std::string&)>& waits,
                          const std::stop_token& stop) {
  std::string told;
  for (int step = 0;; step = 1) {  // a second at the most
    TRY(const auto row, world.submissions.Find(submission.job_id));
    TRY(const JobSummary job, queries.Job(submission.job_id));
    if (!row || row->generation != submission.generation || row->suspended ||
        job.status != "running") {
      return {};
    }
    TRY(const auto shards, queries.Shards(submission.job_id));
    TRY(const auto pods, PodsOf(submission.job_id, world.api, stop));
    TRY(const SeenJob object, JobOfSubmission(world.api, *row, stop));
    const Growth growth = GrowthOf(shards, pods);
    if (growth == Growth::kRaise) {
      return PatchJob(world.api, object.name, object.uid, {.parallelism = row->parallelism}, stop);
    }
    if (growth == Growth::kGiveUp) {
      const std::string error = ErrorOf(shards, pods);
      TRY_OK(PatchJob(world.api, object.name, object.uid, {.suspend = true}, stop));
      TRY_OK(world.submissions.MarkFailed(row->job_id, row->generation, error));
      return Failed(*row, error);
    }
    if (object.complete || object.failed) return EndedEarly(*row, object);
    if (std::string now = WaitsFor(pods); now != told) waits(told = std::move(now));
    if (!world.api.Pause(step, stop)) return Stopped("wait for the first worker");
  }
}

}  // namespace reprocess
