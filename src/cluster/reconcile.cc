#include "cluster/reconcile.h"

#include <algorithm>

#include <fmt/format.h>

#include "cluster/release.h"
#include "cluster/submit.h"
#include "model/checkpoint.h"
#include "model/failure_kind.h"
#include "model/outcome.h"
#include "store/text.h"

namespace reprocess {
namespace {

constexpr int kMostFruitless = 5;
constexpr std::chrono::seconds kFreshEvent{300}, kMaking{30};
// One of ours waits for its database, then for its topic, then for its claim, a minute each
// (START_TIMEOUT_MS), and gives up before that.
constexpr std::chrono::seconds kUnclaimed{195};

std::vector<const SeenPod*> LiveOf(const KnownJob& job) {
  std::vector<const SeenPod*> live;
  for (const SeenPod& pod : job.pods) {
    if (!pod.ended) live.push_back(&pod);
  }
  return live;
}

std::string Finishing(std::string_view what, std::size_t pods) {
  return fmt::format("{}: {} still finishing", what, pods);
}

bool HasWork(const ShardSummary& shard) {
  const auto checkpoint = Decode(shard.shard ? shard.shard->checkpoint : std::string());
  return !checkpoint || checkpoint->state != ShardState::kComplete;
}

int WithWork(const KnownJob& job) {
  const auto done = std::ranges::count_if(job.shards, [](const auto& s) { return !HasWork(s); });
  return job.job.total_workers - static_cast<int>(done);
}

// Nobody has ever claimed its shard, although it had the time.
bool IsForeign(const KnownJob& job, const SeenPod& pod) {
  const auto ran = job.ran.find(pod.uid);
  if (!pod.running || ran == job.ran.end() || ran->second <= kUnclaimed) return false;
  const ShardSummary* shard = ShardOf(job, pod.worker_index);
  return shard == nullptr || !shard->shard;
}

std::optional<std::string> WhyStop(const KnownJob& job) {
  if (!IsOurs(job.job)) return std::nullopt;  // its workers claim nothing
  for (std::size_t i = 0; i < job.fruitless.size(); ++i) {
    if (job.fruitless[i] < kMostFruitless) continue;
    const ShardSummary* shard = ShardOf(job, static_cast<int>(i));
    const std::string error = shard != nullptr ? shard->worker.error : "";
    return fmt::format("suspended: {} claims of shard {} in a row brought it no further{}{}",
                       job.fruitless[i], i, error.empty() ? "" : ": ", error);
  }
  for (const SeenPod& pod : job.pods) {
    if (!IsForeign(job, pod)) continue;
    return fmt::format(
        "suspended: pod {} ran for {} s without a claim: is {} the worker's image, and does it "
        "reach the database and Kafka?",
        pod.name, kUnclaimed.count(), pod.image);
  }
  return std::nullopt;
}

// As it was said when it was suspended.
std::string OurSuspension(const KnownJob& job) {
  if (job.submission.phase.starts_with("suspended")) return job.submission.phase;
  return "suspended; `reprocess resume` goes on";
}

std::string SuspendedPhase(const KnownJob& job) {
  if (job.submission.suspended) return OurSuspension(job);
  if (!job.object->queue.empty()) return "queued in " + job.object->queue;
  return "suspended by somebody else; `reprocess resume` goes on";
}

// What is said of the first of those pods that `is` picks, and how many more there are; else "".
template <class Is, class Say>
std::string OfFirst(std::span<const SeenPod> pods, Is is, Say say) {
  const auto first = std::ranges::find_if(pods, is);
  if (first == pods.end()) return {};
  const auto more = std::count_if(first + 1, pods.end(), is);
  return say(*first) + (more > 0 ? fmt::format(" (and {} more)", more) : "");
}

std::string LostNode(const KnownJob& job, WallTime now) {
  const auto is_lost = [&](const SeenPod& pod) { return IsOnLostNode(pod, now); };
  return OfFirst(job.pods, is_lost, [&](const SeenPod& pod) {
    return fmt::format(
        "node lost: worker {0} was on {1}, which does not answer; `kubectl delete node {1}`, or "
        "`reprocess release {2} --worker {0}`, lets its successor start",
        pod.worker_index, pod.node, job.job.id);
  });
}

// A container that is being made is nothing to tell of, at first: what it mounts may be missing.
bool IsWaiting(const SeenPod& pod, WallTime now) {
  if (pod.ended || pod.waiting.empty()) return false;
  return pod.waiting != "ContainerCreating" || IsOlderThan(pod.created_at, kMaking, now);
}

std::string WaitingPods(const KnownJob& job, WallTime now) {
  const auto is_waiting = [&](const SeenPod& pod) { return IsWaiting(pod, now); };
  return OfFirst(job.pods, is_waiting, [](const SeenPod& pod) {
    return fmt::format("waiting: worker {}: {}", pod.worker_index, pod.waiting);
  });
}

// Why pods are missing that should be there, as only events tell.
std::string MissingPods(const KnownJob& job, WallTime now) {
  const auto wanted = static_cast<std::size_t>(std::min(job.object->parallelism, WithWork(job)));
  if (LiveOf(job).size() >= wanted) return {};
  const SeenEvent* latest = nullptr;
  for (const SeenEvent& event : job.events) {
    const bool fresh = !event.time.empty() && !IsOlderThan(event.time, kFreshEvent, now);
    if (event.warning && fresh && (latest == nullptr || latest->time <= event.time))
      latest = &event;
  }
  if (latest != nullptr) return fmt::format("waiting: {}: {}", latest->reason, latest->message);
  if (!LiveOf(job).empty()) return {};
  const std::string failure = FirstFailure(job);
  return failure.empty() ? "waiting for its pods"
                         : "waiting until Kubernetes starts a worker again: " + failure;
}

std::string PhaseOf(const KnownJob& job, WallTime now) {
  if (job.object->deleting) return Finishing("its Job is being deleted", LiveOf(job).size());
  if (job.object->suspended) return SuspendedPhase(job);
  for (const std::string& phase :
       {LostNode(job, now), WaitingPods(job, now), MissingPods(job, now)}) {
    if (!phase.empty()) return phase;
  }
  return job.paused ? "paused" : "";
}

bool IsToGrow(const KnownJob& job) {
  return job.object->parallelism == 1 && job.submission.parallelism > 1 &&
         job.object->queue.empty();
}

Decision Growing(const KnownJob& job, WallTime now) {
  switch (GrowthOf(job.shards, job.pods)) {
    case Growth::kRaise:
      return {Act::kGrow, {}};
    case Growth::kGiveUp:
      return {Act::kDelete, "stopping: its first worker failed twice before it had committed"};
    case Growth::kWait:
      break;
  }
  const std::string phase = PhaseOf(job, now);
  return {Act::kNothing, phase.empty() ? "one pod first, until it has committed" : phase};
}

Decision Cancelling(const KnownJob& job) {
  const std::size_t live = LiveOf(job).size();
  if (job.object && !job.object->deleting) return {Act::kDelete, Finishing("cancelling", live)};
  if (job.object || live > 0) return {Act::kNothing, Finishing("cancelling", live)};
  return {Act::kEnd, "cancelling: fencing what is left"};
}

Decision Gone(const KnownJob& job) {
  const std::size_t live = LiveOf(job).size();
  if (live > 0) return {Act::kNothing, Finishing("its Job is gone", live)};
  std::string failure = FirstFailure(job);
  if (failure.empty()) {
    failure = "its Job is gone from Kubernetes, cause unknown; `reprocess resume` goes on";
  }
  return {Act::kEnd, "finding out how it ended", failure};
}

Decision Ended(const KnownJob& job) {
  const std::size_t live = LiveOf(job).size();
  if (live > 0) return {Act::kNothing, Finishing("ending", live)};
  std::string failure = FirstFailure(job);
  if (failure.empty()) failure = job.object->why;
  return {Act::kEnd, "finding out how it ended", failure};
}

// Its row says how it ended; whoever wrote that has died since, or has given the job up and left its
// Job suspended, with a Secret that would stay for ever.
Decision Told(const KnownJob& job) {
  const bool over = !job.object || job.object->complete || job.object->failed;
  if (over) return {Act::kEnd, "", job.job.error};
  if (job.object->deleting) return {Act::kNothing, Finishing("stopping", LiveOf(job).size())};
  return {Act::kDelete, Finishing("stopping", LiveOf(job).size())};
}

// Others of its workers would fail alike, and none of them can bring it to its end.
Decision Stopping(const ShardSummary& failed) {
  return {Act::kDelete, fmt::format("stopping: worker {} has failed for good ({})", failed.index,
                                    NameOf(*FailureKindIn(failed.worker.error)))};
}

// The one that ended first of those that `is` picks; else nullptr.
template <class Is>
const ShardSummary* FirstOf(std::span<const ShardSummary> shards, Is is) {
  const ShardSummary* first = nullptr;
  for (const ShardSummary& shard : shards) {
    if (!is(shard)) continue;
    if (first == nullptr || shard.completed_at < first->completed_at) first = &shard;
  }
  return first;
}

// Whoever is stopped or fenced has not failed.
bool HasFailed(const PodRow& pod) {
  const int code = pod.exit_code.value_or(ExitCodeOf(Outcome::kFailed));
  return code != 0 && code != ExitCodeOf(Outcome::kStopped) && code != ExitCodeOf(Outcome::kFenced);
}

}  // namespace

std::string FirstFailure(const KnownJob& job) {
  const auto has_failed = [](const ShardSummary& shard) {
    return shard.status == WorkerStatus::kFailed && !shard.worker.error.empty();
  };
  const ShardSummary* first = FailedForGood(job.shards);
  if (first == nullptr) first = FirstOf(job.shards, has_failed);
  if (first != nullptr) return first->worker.error;
  const PodRow* pod = nullptr;
  for (const PodRow& kept : job.kept) {
    if (HasFailed(kept) && (pod == nullptr || kept.ended_at < pod->ended_at)) pod = &kept;
  }
  if (pod == nullptr) return {};
  return fmt::format("worker {} ended{}{}", pod->worker_index,
                     pod->exit_code ? fmt::format(" with exit {}", *pod->exit_code) : "",
                     pod->reason.empty() ? "" : ": " + pod->reason);
}

const ShardSummary* FailedForGood(std::span<const ShardSummary> shards) {
  return FirstOf(shards, [](const ShardSummary& shard) {
    return shard.status == WorkerStatus::kFailed && FailureKindIn(shard.worker.error);
  });
}

const ShardSummary* ShardOf(const KnownJob& job, int index) {
  const auto shard = std::ranges::find(job.shards, index, &ShardSummary::index);
  return shard != job.shards.end() ? &*shard : nullptr;
}

bool IsOurs(const JobSummary& job) {
  return IsMarked(job.config, kPlansMark) || IsMarked(job.config, kWorkersMark);
}

Decision Decide(const KnownJob& job, WallTime now) {
  if (job.job.status == "cancelled") return Cancelling(job);
  if (job.job.status == "completed" || job.job.status == "failed") return Told(job);
  if (job.job.status == "pending" || job.submission.job_uid.empty()) {
    const bool outside = job.submission.phase == kSubmittedOutside;
    return {Act::kNothing, std::string(outside ? kSubmittedOutside : "being submitted")};
  }
  if (!job.object) return Gone(job);
  if (job.object->complete || job.object->failed) return Ended(job);
  if (!job.object->suspended && !job.object->deleting) {
    if (const ShardSummary* failed = FailedForGood(job.shards)) return Stopping(*failed);
    if (job.submission.suspended) return {Act::kSuspend, OurSuspension(job)};
    if (const auto why = WhyStop(job)) return {Act::kSuspend, *why};
    if (IsToGrow(job)) return Growing(job, now);
  }
  return {Act::kNothing, PhaseOf(job, now)};
}

}  // namespace reprocess
