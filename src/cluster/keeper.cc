#include "cluster/keeper.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cluster/control.h"
#include "kube/logs.h"
#include "model/time_text.h"
#include "plan/plan_config.h"
#include "replay/new_owner.h"

namespace reprocess {
namespace {

constexpr std::size_t kTailBytes = 64 << 10;
constexpr int kTailLines = 2'000;
constexpr std::chrono::seconds kTailWithin{5}, kLeaseLife{15}, kRenew{5}, kRound{1};

// Kafka, or what leads to it, is away.
bool IsAway(const Error& error) {
  return error.remedy == Remedy::kWait || error.remedy == Remedy::kRetry ||
         error.code == Code::kTimedOut;
}

// Whether a worker of the shard has begun and nobody has seen how it ended: it may be cut off, and
// claim the shard when it is back.
bool MayClaimYet(const KnownJob& job, const ShardSummary& shard) {
  if (shard.status == WorkerStatus::kPending) return false;
  bool seen = false;
  for (const PodRow& pod : job.kept) {
    if (pod.worker_index != shard.index) continue;
    if (!pod.exit_code) return true;
    seen = true;
  }
  return !seen && shard.status == WorkerStatus::kRunning;
}

// Of a shard that nobody has claimed: as the others of its job deliver, or will.
Mode FirstMode(const KnownJob& job) {
  for (const ShardSummary& shard : job.shards) {
    if (shard.shard) return shard.shard->mode;
  }
  const Result<JobConfig> config = ReadPlanConfig(job.job.config).job;
  if (!config) return Mode::kExactlyOnce;
  if (config->dry_run) return Mode::kDryRun;
  return config->delivery == DeliveryChoice::kAtLeastOnce ? Mode::kAtLeastOnce : Mode::kExactlyOnce;
}

// What is to be settled of the shard; nullopt where there is nothing to fence.
std::optional<ShardRow> RowToSettle(const KnownJob& job, const ShardSummary& shard) {
  if (shard.shard && shard.shard->owner.generation > 0) return shard.shard;
  if (!IsOurs(job.job) || !MayClaimYet(job, shard)) return std::nullopt;
  ShardRow row;
  row.mode = FirstMode(job);
  row.checkpoint = Encode(Checkpoint{});
  return row.mode != Mode::kDryRun ? std::optional(row) : std::nullopt;
}

WorkerStatus StatusOf(const KnownJob& job, const std::optional<Checkpoint>& checkpoint) {
  const ShardState state = checkpoint ? checkpoint->state : ShardState::kRunning;
  if (state == ShardState::kComplete) return WorkerStatus::kCompleted;
  if (state == ShardState::kFinishedWithFailures) return WorkerStatus::kFailed;
  return job.job.status == "cancelled" ? WorkerStatus::kCancelled : WorkerStatus::kFailed;
}

// The worker's row as it stays.
WorkerRow FinalRow(const ShardSummary* shard, const std::optional<Checkpoint>& checkpoint,
                   WorkerStatus status, const std::string& failure) {
  WorkerRow row = shard != nullptr ? shard->worker : WorkerRow{};
  row.status = status;
  if (checkpoint) {
    row.counters = checkpoint->shard;
    row.processed_files = checkpoint->processed_files;
    row.processed_bytes = checkpoint->processed_bytes;
  }
  if (status == WorkerStatus::kCompleted) {
    row.error.clear();
  } else if (row.error.empty() && status == WorkerStatus::kFailed) {
    row.error = failure;
  }
  return row;
}

}  // namespace

std::string TailOf(KubeApi& api, Clock& clock, const std::string& pod,
                   const std::stop_token& stop) {
  const SteadyTime deadline = clock.Now() + kTailWithin;
  std::string text;
  const LogTaker taker{.line =
                           [&](const LogLine& line) {
                             text += fmt::format("{} {}\n", FormatRfc3339(line.time), line.text);
                             if (text.size() > 2 * kTailBytes)
                               text.erase(0, text.size() - kTailBytes);
                             return clock.Now() < deadline;
                           },
                       .away = {}};
  const LogQuery query{.pod = pod, .container = std::string(kWorkerContainer), .tail = kTailLines};
  (void)ReadLog(api, query, taker, stop);
  if (text.size() > kTailBytes) text.erase(0, text.find('\n', text.size() - kTailBytes) + 1);
  return text;
}

std::string LeaseNameOf(const std::string& cluster, const std::string& name_space) {
  return fmt::format("{}/{}", cluster, name_space);
}

Result<void> Keeper::KeepPod(const Lease& lease, const SeenPod& pod, std::string reason,
                             std::string log) {
  PodRow row = RowOf(pod, std::move(reason));
  row.log = std::move(log);
  TRY_OK(world_.store.StorePod(lease, row));
  row.log.clear();
  std::vector<PodRow>& kept = memory_[pod.job_id].kept;
  std::erase_if(kept, [&](const PodRow& other) { return other.uid == row.uid; });
  kept.push_back(std::move(row));
  return {};
}

// Before its pods are made to end. Five seconds for all of them: those of a kubelet that is dead hold
// nothing up.
Result<void> Keeper::KeepLastWords(const Lease& lease, const KnownJob& job,
                                   const std::string& reason, const std::stop_token& stop) {
  const SteadyTime deadline = world_.clock.Now() + kTailWithin;
  for (const SeenPod& pod : job.pods) {
    if (!pod.running) continue;
    const bool late = world_.clock.Now() >= deadline;
    TRY_OK(
        KeepPod(lease, pod, reason, late ? "" : TailOf(world_.logs, world_.clock, pod.name, stop)));
  }
  return {};
}

Result<void> Keeper::KeepEnds(const Lease& lease, const ClusterSeen& seen,
                              const std::string& job_id, const std::stop_token& stop) {
  Memory& memory = memory_[job_id];
  if (!memory.loaded) {
    TRY(memory.kept, world_.store.Pods(job_id));
    for (PodRow& row : memory.kept) row.log.clear();
    memory.loaded = true;
  }
  const auto is_kept = [&](const SeenPod& pod) {
    return std::ranges::any_of(memory.kept, [&](const PodRow& row) {
      return row.uid == pod.uid && (!row.ended_at.empty() || pod.ended_at.empty());
    });
  };
  for (const auto& [uid, pod] : seen.pods) {
    if (pod.job_id != job_id || !pod.ended || is_kept(pod)) continue;
    TRY_OK(KeepPod(lease, pod, pod.reason, TailOf(world_.logs, world_.clock, pod.name, stop)));
  }
  for (const SeenPod& pod : seen.vanished) {
    if (pod.job_id != job_id || is_kept(pod)) continue;
    TRY_OK(KeepPod(lease, pod, pod.reason.empty() ? "log lost: pod deleted" : pod.reason,
                   TailOf(world_.logs, world_.clock, pod.name, stop)));
  }
  return {};
}

std::vector<int> Keeper::FruitlessOf(const KnownJob& job) {
  std::vector<int> fruitless(static_cast<std::size_t>(std::max(0, job.job.total_workers)), 0);
  for (const ShardSummary& shard : job.shards) {
    const auto index = static_cast<std::size_t>(shard.index);
    const auto read = Decode(shard.shard ? shard.shard->checkpoint : std::string());
    if (!read || index >= fruitless.size()) continue;
    Checkpoint checkpoint = *read;
    checkpoint.owner.clear();
    checkpoint.generation = 0;
    Place& place = memory_[job.job.id].places[shard.index];
    const std::string now = Encode(checkpoint), &owner = shard.shard->owner.id;
    if (now != place.checkpoint) place = {now, owner};
    // One worker that rewinds claims again, which is no other try.
    if (owner != std::exchange(place.owner, owner)) ++place.claims;
    fruitless[index] = place.claims;
  }
  return fruitless;
}

// By one clock: the cluster's may be another.
std::map<std::string, Milliseconds> Keeper::RanOf(const KnownJob& job) {
  std::map<std::string, Milliseconds> ran;
  const SteadyTime now = world_.clock.Now();
  auto& running = memory_[job.job.id].running;
  for (const SeenPod& pod : job.pods) {
    if (!pod.running) continue;
    const SteadyTime since = running.try_emplace(pod.uid, now).first->second;
    ran[pod.uid] = std::chrono::duration_cast<Milliseconds>(now - since);
  }
  return ran;
}

// Somebody has made the objects that were printed.
Result<Submission> Keeper::Adopted(const Submission& submission, const ClusterSeen& seen) {
  const std::string name = JobNameOf(submission.job_id);
  const auto object = seen.jobs.find(name);
  const bool waits = submission.job_uid.empty() && submission.phase == kSubmittedOutside;
  if (!waits || object == seen.jobs.end()) return submission;
  const std::uint64_t held = submission.generation;
  TRY_OK(world_.submissions.MarkRunning(submission.job_id, held, name));
  Submission adopted = submission;
  adopted.job_uid = object->second.uid;
  TRY_OK(world_.submissions.Change(submission.job_id, held, {.job_uid = adopted.job_uid}));
  return adopted;
}

Result<KnownJob> Keeper::Know(const Submission& submission, const ClusterSeen& seen) {
  KnownJob job;
  TRY(job.submission, Adopted(submission, seen));
  TRY(job.job, world_.queries.Job(submission.job_id));
  TRY(job.shards, world_.queries.Shards(submission.job_id));
  TRY(const JobControls controls, world_.queries.Controls(submission.job_id));
  job.paused = controls.paused;
  job.kept = memory_[submission.job_id].kept;
  const auto object = seen.jobs.find(JobNameOf(submission.job_id));
  if (object != seen.jobs.end() &&
      (job.job.status == "cancelled" || job.submission.job_uid.empty() ||
       object->second.uid == job.submission.job_uid)) {
    job.object = object->second;
  }
  for (const auto& [uid, pod] : seen.pods) {
    if (pod.job_id == submission.job_id) job.pods.push_back(pod);
  }
  std::ranges::stable_sort(job.pods, {}, &SeenPod::worker_index);
  for (const auto& [uid, event] : seen.events) {
    if (job.object && event.object_uid == job.object->uid) job.events.push_back(event);
  }
  job.fruitless = FruitlessOf(job);
  job.ran = RanOf(job);
  return job;
}

// The watch may be behind: the Job is gone when it is not there by its name either.
Result<bool> Keeper::IsThere(const KnownJob& job, const std::stop_token& stop) {
  const auto object = GetObject(world_.api, kJobs, JobNameOf(job.job.id), stop);
  if (object) return job.submission.job_uid.empty() || object->uid == job.submission.job_uid;
  if (object.error().code == Code::kNotFound) return false;
  return std::unexpected(object.error());
}

Result<void> Keeper::Tell(const Lease& lease, const KnownJob& job, const std::string& phase,
                          bool ended) {
  if (!ended && phase == job.submission.phase) return {};
  return world_.store.StorePhase(lease, {.job_id = job.job.id,
                                         .submission = job.submission.generation,
                                         .phase = phase,
                                         .ended = ended});
}

Result<void> Keeper::KeepJob(const Lease& lease, const Submission& submission,
                             const ClusterSeen& seen, const std::stop_token& stop) {
  TRY_OK(KeepEnds(lease, seen, submission.job_id, stop));
  TRY(const KnownJob job, Know(submission, seen));
  const Decision decision = Decide(job, world_.clock.Wall());
  switch (decision.act) {
    case Act::kNothing:
      return Tell(lease, job, decision.phase);
    case Act::kGrow:
      return Grow(job, stop);
    case Act::kSuspend:
      return Suspend(lease, job, decision.phase, stop);
    case Act::kDelete:
      TRY_OK(Tell(lease, job, decision.phase));
      return Delete(lease, job, stop);
    case Act::kEnd:
      break;
  }
  if (!job.object) {
    TRY(const bool there, IsThere(job, stop));
    if (there) return {};
  }
  return End(lease, job, decision.failure, stop);
}

Result<void> Keeper::Grow(const KnownJob& job, const std::stop_token& stop) {
  return PatchJob(world_.api, job.object->name, job.object->uid,
                  {.parallelism = job.submission.parallelism}, stop);
}

// First the row, which says why and is carried out by whoever comes next. Whoever lets it go on gives
// it as many tries as it had.
Result<void> Keeper::Suspend(const Lease& lease, const KnownJob& job, const std::string& phase,
                             const std::stop_token& stop) {
  TRY_OK(world_.submissions.Change(job.job.id, job.submission.generation,
                                   {.phase = phase, .suspended = true}));
  memory_[job.job.id].places.clear();
  TRY_OK(KeepLastWords(lease, job, "suspended", stop));
  return PatchJob(world_.api, job.object->name, job.object->uid, {.suspend = true}, stop);
}

Result<void> Keeper::Delete(const Lease& lease, const KnownJob& job, const std::stop_token& stop) {
  TRY_OK(KeepLastWords(lease, job, job.job.status == "cancelled" ? "cancelled" : "stopped", stop));
  return DeleteIfThere(world_.api, kJobs, job.object->name, job.object->uid, stop);
}

// Those of a Job that the admin service made have no owner.
Result<void> Keeper::DeleteOthers(const KnownJob& job, const std::stop_token& stop) {
  const std::string& id = job.job.id;
  for (const auto& [resource, name] :
       {std::pair(kConfigMaps, FilesNameOf(id)), std::pair(kConfigMaps, ConfigNameOf(id)),
        std::pair(kSecrets, CredentialsNameOf(id))}) {
    TRY_OK(DeleteIfThere(world_.api, resource, name, {}, stop));
  }
  return {};
}

Result<void> Keeper::End(const Lease& lease, const KnownJob& job, const std::string& failure,
                         const std::stop_token& stop) {
  const bool cancelled = job.job.status == "cancelled";
  const auto complete = SettleShards(job, failure, stop);
  if (!complete) {
    if (!IsAway(complete.error())) {
      TRY_OK(Tell(lease, job, "the verdict waits: " + complete.error().ToString()));
      return std::unexpected(complete.error());
    }
    return Tell(lease, job, "verdict waits for Kafka: " + complete.error().what);
  }
  if (cancelled) {
    TRY_OK(DeleteOthers(job, stop));
  } else {
    TRY_OK(
        world_.store.EndJob(lease, {.job_id = job.job.id,
                                    .submission = job.submission.generation,
                                    .failure = *complete ? std::nullopt : std::optional(failure)}));
  }
  TRY_OK(Tell(lease, job, "", true));
  memory_.erase(job.job.id);
  return {};
}

// No row is final before all shards are settled.
Result<bool> Keeper::SettleShards(const KnownJob& job, const std::string& failure,
                                  const std::stop_token& stop) {
  std::vector<std::optional<Checkpoint>> settled(
      static_cast<std::size_t>(std::max(0, job.job.total_workers)));
  for (const ShardSummary& shard : job.shards) {
    const auto index = static_cast<std::size_t>(shard.index);
    if (index >= settled.size()) continue;
    const auto row = RowToSettle(job, shard);
    if (!row) continue;
    TRY(settled[index],
        world_.settler.Settle({job.job.id, shard.index}, *row, job.job.config, stop));
  }
  bool complete = true;
  for (std::size_t i = 0; i < settled.size(); ++i) {
    TRY(const bool done, EndWorker(job, static_cast<int>(i), settled[i], failure));
    complete = complete && done;
  }
  return complete;
}

Result<bool> Keeper::EndWorker(const KnownJob& job, int index,
                               const std::optional<Checkpoint>& checkpoint,
                               const std::string& failure) {
  const ShardSummary* shard = ShardOf(job, index);
  const WorkerStatus status = StatusOf(job, checkpoint);
  if (shard == nullptr || shard->status != status) {
    Owner owner = NewOwner();
    owner.generation = checkpoint ? checkpoint->generation : 0;
    TRY_OK(world_.workers.PutWorker({job.job.id, index}, owner,
                                    FinalRow(shard, checkpoint, status, failure)));
  }
  return status == WorkerStatus::kCompleted;
}

Result<void> Keeper::Round(const Lease& lease, const ClusterSeen& seen,
                           const std::stop_token& stop) {
  if (!seen.jobs_listed || !seen.pods_listed) return {};
  TRY(const auto submissions, world_.submissions.Unended(world_.cluster, world_.api.name_space()));
  for (const Submission& submission : submissions) {
    const auto kept = KeepJob(lease, submission, seen, stop);
    if (kept) continue;
    if (kept.error().code == Code::kStopped) return kept;
    trouble_(WithContext("job " + submission.job_id, kept.error()));
  }
  return {};
}

namespace {

// Renews the lease until it is lost, or for as long as this lives.
class Renewal {
 public:
  Renewal(const KeeperWorld& world, const Lease& lease)
      : thread_([this, &world, lease](const std::stop_token& stop) { Renew(world, lease, stop); }) {
  }
  std::stop_token lost() const { return lost_.get_token(); }

 private:
  void Renew(const KeeperWorld& world, const Lease& lease, const std::stop_token& stop) {
    SteadyTime renewed = world.clock.Now();
    while (world.clock.SleepFor(kRenew, stop)) {
      const auto done = world.store.RenewLease(lease, kLeaseLife);
      if (done) renewed = world.clock.Now();
      const bool over = world.clock.Now() - renewed > kLeaseLife;
      if (over || (!done && done.error().remedy == Remedy::kFenced)) {
        lost_.request_stop();
        return;
      }
    }
  }

  std::stop_source lost_;
  std::jthread thread_;  // last: it uses the above
};

// While the lease is ours.
void KeepUnder(const KeeperWorld& world, const Lease& lease, const Trouble& trouble,
               const std::stop_token& stop) {
  const Renewal renewal(world, lease);
  std::stop_source over;
  const std::stop_callback stopped(stop, [&] { over.request_stop(); });
  const std::stop_callback lost(renewal.lost(), [&] { over.request_stop(); });
  ClusterWatch watch(world.api, trouble);
  Keeper keeper(world, trouble);
  while (!over.stop_requested()) {
    const ClusterSeen seen = watch.Wait(kRound, over.get_token());
    if (over.stop_requested()) return;
    const auto round = keeper.Round(lease, seen, over.get_token());
    if (!round && round.error().code != Code::kStopped) trouble(round.error());
    if (!round && !world.clock.SleepFor(kRound, over.get_token())) return;
  }
}

}  // namespace

void KeepJobs(const KeeperWorld& world, const Trouble& trouble, const std::stop_token& stop) {
  const std::string name = LeaseNameOf(world.cluster, world.api.name_space());
  const std::string owner = NewOwner().id;
  while (!stop.stop_requested()) {
    const auto lease = world.store.TakeLease(name, owner, kLeaseLife);
    if (!lease) trouble(lease.error());
    if (lease && *lease) {
      KeepUnder(world, **lease, trouble, stop);
      (void)world.store.ReleaseLease(**lease);
    } else if (!world.clock.SleepFor(kRenew, stop)) {
      return;
    }
  }
}

}  // namespace reprocess
