#include "cluster/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/checkpoint.h"
#include "model/time_text.h"
#include "store/text.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const WallTime kNow = ParseRfc3339("2026-05-01T10:00:00Z")->time;

std::string SecondsAgo(int seconds) {
  return FormatRfc3339(kNow - std::chrono::seconds(seconds));
}

ShardSummary Claimed(int index, ShardState state = ShardState::kRunning) {
  Checkpoint checkpoint;
  checkpoint.state = state;
  checkpoint.owner = "o";
  checkpoint.generation = 1;
  checkpoint.fingerprint = "0123456789abcdef";
  ShardSummary shard;
  shard.index = index;
  shard.status = WorkerStatus::kRunning;
  shard.shard.emplace();
  shard.shard->owner = {"o", "h", 1};
  shard.shard->checkpoint = Encode(checkpoint);
  return shard;
}

SeenPod Pod(int worker) {
  return {.uid = "p" + std::to_string(worker),
          .name = "pod-" + std::to_string(worker),
          .worker_index = worker,
          .started_at = SecondsAgo(300),
          .node = "n1",
          .image = "somebody/worker:1",
          .running = true};
}

SeenPod EndedPod(int worker) {
  SeenPod pod = Pod(worker);
  pod.running = false;
  pod.ended = true;
  return pod;
}

// Two workers, all well.
KnownJob Running() {
  KnownJob job;
  job.job.id = "7";
  job.job.status = "running";
  job.job.total_workers = 2;
  job.job.config = MarkedConfig("{}", kPlansMark);
  job.submission.job_uid = "uid";
  job.shards = {Claimed(0), Claimed(1)};
  job.fruitless = {0, 0};
  job.object = SeenJob{.name = "reprocess-7", .uid = "uid", .parallelism = 2, .active = 2};
  job.pods = {Pod(0), Pod(1)};
  return job;
}

void Cancel(KnownJob& job) {
  job.job.status = "cancelled";
}

TEST(Reconcile, OfAJobThatRunsThereIsNothingToSay) {
  const Decision decision = Decide(Running(), kNow);
  EXPECT_EQ(decision.act, Act::kNothing);
  EXPECT_EQ(decision.phase, "");
}

TEST(Reconcile, AJobBeforeItsKubernetesJobIsBeingSubmitted) {
  KnownJob job = Running();
  job.submission.job_uid = "";
  job.object.reset();
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  EXPECT_EQ(Decide(job, kNow).phase, "being submitted");
}

TEST(Reconcile, AJobThatIsSubmittedAgainIsNotGoneBeforeItsNewJobIsThere) {
  KnownJob job = Running();
  job.job.status = "pending";
  job.object.reset();
  job.pods = {};
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  EXPECT_EQ(Decide(job, kNow).phase, "being submitted");
}

TEST(Reconcile, AJobEndsWhenKubernetesSaysSoAndNoPodIsLeft) {
  for (const bool failed : {false, true}) {
    KnownJob job = Running();
    job.object->complete = !failed;
    job.object->failed = failed;
    job.object->why = failed ? "BackoffLimitExceeded: too often" : "";
    job.pods = {Pod(0), EndedPod(1)};
    EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
    EXPECT_EQ(Decide(job, kNow).phase, "ending: 1 still finishing");
    job.pods = {EndedPod(0), EndedPod(1)};
    EXPECT_EQ(Decide(job, kNow).act, Act::kEnd);
    EXPECT_EQ(Decide(job, kNow).failure, job.object->why);
  }
}

TEST(Reconcile, TheFailureIsTheFirstWorkersOwn) {
  KnownJob job = Running();
  job.object->failed = true;
  job.object->why = "FailedIndexes: 0,1";
  job.pods = {};
  job.kept = {{.uid = "a",
               .worker_index = 1,
               .ended_at = SecondsAgo(9),
               .exit_code = 137,
               .reason = "OOMKilled"},
              {.uid = "b", .worker_index = 0, .ended_at = SecondsAgo(20), .exit_code = 0}};
  EXPECT_EQ(Decide(job, kNow).failure, "worker 1 ended with exit 137: OOMKilled");
  for (ShardSummary& shard : job.shards) {
    shard.status = WorkerStatus::kFailed;
    shard.worker.error = "error of " + std::to_string(shard.index);
    shard.completed_at = SecondsAgo(10 * (shard.index + 1));
  }
  EXPECT_EQ(Decide(job, kNow).failure, "error of 1");
}

TEST(Reconcile, APodThatWasReplacedIsNoFailure) {
  KnownJob job = Running();
  job.pods.push_back(EndedPod(0));
  job.pods.back().exit_code = 137;
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  EXPECT_EQ(Decide(job, kNow).phase, "");
}

TEST(Reconcile, AJobThatIsGoneEndsWhenItsPodsAre) {
  KnownJob job = Running();
  job.object.reset();
  EXPECT_EQ(Decide(job, kNow).phase, "its Job is gone: 2 still finishing");
  job.pods = {};
  EXPECT_EQ(Decide(job, kNow).act, Act::kEnd);
  EXPECT_THAT(Decide(job, kNow).failure, HasSubstr("cause unknown"));
}

TEST(Reconcile, AJobThatWasEndedByWhoeverDiedThenIsEndedAgain) {
  KnownJob job = Running();
  job.job.status = "failed";
  job.job.error = "why";
  job.object->failed = true;
  EXPECT_EQ(Decide(job, kNow).act, Act::kEnd);
  EXPECT_EQ(Decide(job, kNow).failure, "why");
}

TEST(Reconcile, AJobThatWasGivenUpLeavesNoSuspendedJobBehind) {
  KnownJob job = Running();
  job.job.status = "failed";
  job.object->suspended = true;
  job.pods = {};
  EXPECT_EQ(Decide(job, kNow).act, Act::kDelete);
  job.object->deleting = true;
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  job.object.reset();
  EXPECT_EQ(Decide(job, kNow).act, Act::kEnd);
}

TEST(Reconcile, ACancelledJobIsDeletedThenWaitedForThenEnded) {
  KnownJob job = Running();
  Cancel(job);
  EXPECT_EQ(Decide(job, kNow).act, Act::kDelete);
  EXPECT_EQ(Decide(job, kNow).phase, "cancelling: 2 still finishing");
  job.object->deleting = true;
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  job.object.reset();
  job.pods = {Pod(0)};
  EXPECT_EQ(Decide(job, kNow).phase, "cancelling: 1 still finishing");
  job.pods = {};
  EXPECT_EQ(Decide(job, kNow).act, Act::kEnd);
}

TEST(Reconcile, AJobCancelledBeforeItsFirstPodOrWhileSuspendedIsDeletedToo) {
  KnownJob job = Running();
  Cancel(job);
  job.submission.job_uid = "";
  job.submission.suspended = job.object->suspended = true;
  job.pods = {};
  EXPECT_EQ(Decide(job, kNow).act, Act::kDelete);
}

TEST(Reconcile, FiveClaimsInARowWithoutProgressSuspendTheJobAndSayWhy) {
  KnownJob job = Running();
  job.fruitless = {0, 4};
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  job.fruitless = {0, 5};
  job.shards[1].worker.error = "disk full";
  EXPECT_EQ(Decide(job, kNow).act, Act::kSuspend);
  EXPECT_THAT(Decide(job, kNow).phase,
              AllOf(StartsWith("suspended: 5 claims of shard 1"), HasSubstr("disk full")));
  job.object->suspended = true;
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
}

TEST(Reconcile, APodOfAnotherImageSuspendsTheJobAndNamesTheImage) {
  KnownJob job = Running();
  job.shards[1].shard.reset();
  job.ran[job.pods[1].uid] = std::chrono::seconds(195);
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  job.ran[job.pods[1].uid] = std::chrono::seconds(196);
  EXPECT_EQ(Decide(job, kNow).act, Act::kSuspend);
  EXPECT_THAT(Decide(job, kNow).phase, HasSubstr("somebody/worker:1"));
}

TEST(Reconcile, AJobOfTheAdminServiceWhoseWorkersClaimNothingIsLeftToRun) {
  KnownJob job = Running();
  job.job.config = "{}";
  job.shards = {};
  for (const SeenPod& pod : job.pods) job.ran[pod.uid] = std::chrono::hours(1);
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
}

TEST(Reconcile, AClockThatDiffersFromTheClustersSuspendsNoJob) {
  KnownJob job = Running();
  job.shards[1].shard.reset();
  job.pods[1].started_at = SecondsAgo(3'600);
  job.ran[job.pods[1].uid] = std::chrono::seconds(5);
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
}

TEST(Reconcile, AJobWhoseSubmitterDidNotStayGrowsAtItsFirstCommit) {
  KnownJob job = Running();
  job.submission.parallelism = 2;
  job.object->parallelism = 1;
  job.pods.pop_back();
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing);
  EXPECT_EQ(Decide(job, kNow).phase, "one pod first, until it has committed");
  job.shards[0].worker.counters.lines = 5;
  EXPECT_EQ(Decide(job, kNow).act, Act::kGrow);
  job.object->queue = "replays";
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing) << "Kueue decides how wide it is";
}

TEST(Reconcile, AJobWhoseFirstWorkerFailsTwiceIsStopped) {
  KnownJob job = Running();
  job.submission.parallelism = 2;
  job.object->parallelism = 1;
  job.pods = {EndedPod(0), EndedPod(0)};
  for (SeenPod& pod : job.pods) pod.exit_code = 1;
  EXPECT_EQ(Decide(job, kNow).act, Act::kDelete);
}

TEST(Reconcile, AWorkerThatFailedForGoodStopsTheJobAndIsWhyItFailed) {
  KnownJob job = Running();
  for (ShardSummary& shard : job.shards) {
    shard.status = WorkerStatus::kFailed;
    shard.completed_at = SecondsAgo(10 * (2 - shard.index));
    shard.worker.error = "error of " + std::to_string(shard.index);
  }
  EXPECT_EQ(Decide(job, kNow).act, Act::kNothing) << "it may go better the next time";
  job.shards[1].worker.error = "failed for good (fingerprint): other files";
  EXPECT_EQ(Decide(job, kNow).act, Act::kDelete);
  EXPECT_EQ(Decide(job, kNow).phase, "stopping: worker 1 has failed for good (fingerprint)");
  job.object.reset();
  job.pods = {};
  EXPECT_EQ(Decide(job, kNow).act, Act::kEnd);
  EXPECT_EQ(Decide(job, kNow).failure, job.shards[1].worker.error);
}

TEST(Reconcile, ASuspensionThatWasNotCarriedOutIsCarriedOut) {
  KnownJob job = Running();
  job.submission.suspended = true;
  job.submission.phase = "suspended by anna";
  EXPECT_EQ(Decide(job, kNow).act, Act::kSuspend);
  EXPECT_EQ(Decide(job, kNow).phase, "suspended by anna");
}

TEST(Reconcile, WhyItWaitsIsTold) {
  struct Row {
    const char* phase;
    void (*change)(KnownJob& job);
  };
  const std::vector<Row> rows = {
      {"paused", [](KnownJob& job) { job.paused = true; }},
      {"suspended by somebody else", [](KnownJob& job) { job.object->suspended = true; }},
      {"being submitted",
       [](KnownJob& job) {
         job.object->suspended = true;
         job.job.status = "pending";
       }},
      {"queued in replays",
       [](KnownJob& job) {
         job.object->suspended = true;
         job.object->queue = "replays";
       }},
      {"suspended: why",
       [](KnownJob& job) {
         job.object->suspended = job.submission.suspended = true;
         job.submission.phase = "suspended: why";
       }},
      {"waiting: worker 1: Unschedulable: 0/3 nodes",
       [](KnownJob& job) {
         job.pods[1].running = false;
         job.pods[1].waiting = "Unschedulable: 0/3 nodes";
       }},
      {"waiting: FailedCreate: exceeded quota",
       [](KnownJob& job) {
         job.pods.pop_back();
         job.events = {{.reason = "FailedCreate",
                        .message = "exceeded quota",
                        .time = SecondsAgo(5),
                        .warning = true}};
       }},
      {"waiting until Kubernetes starts a worker again: worker 0 ended with exit 1",
       [](KnownJob& job) {
         job.pods = {};
         job.kept = {{.uid = "a", .worker_index = 0, .ended_at = SecondsAgo(5), .exit_code = 1}};
       }},
      {"node lost: worker 1 was on n1",
       [](KnownJob& job) { job.pods[1].deleted_at = SecondsAgo(61); }},
      {"its Job is being deleted", [](KnownJob& job) { job.object->deleting = true; }},
  };
  for (const Row& row : rows) {
    KnownJob job = Running();
    row.change(job);
    EXPECT_EQ(Decide(job, kNow).act, Act::kNothing) << row.phase;
    EXPECT_THAT(Decide(job, kNow).phase, StartsWith(row.phase));
  }
}

TEST(Reconcile, AWorkerThatWasStoppedOrFencedIsNoFailureOfTheJob) {
  KnownJob job = Running();
  job.kept = {{.uid = "a", .worker_index = 0, .ended_at = SecondsAgo(9), .exit_code = 4},
              {.uid = "b", .worker_index = 1, .ended_at = SecondsAgo(7), .exit_code = 3}};
  EXPECT_EQ(FirstFailure(job), "");
  job.kept.push_back({.uid = "c", .worker_index = 1, .ended_at = SecondsAgo(5), .exit_code = 1});
  EXPECT_EQ(FirstFailure(job), "worker 1 ended with exit 1");
}

TEST(Reconcile, AContainerThatIsBeingMadeIsToldOfWhenThatTakesLong) {
  KnownJob job = Running();
  job.pods[1].running = false;
  job.pods[1].waiting = "ContainerCreating";
  job.pods[1].created_at = SecondsAgo(29);
  EXPECT_EQ(Decide(job, kNow).phase, "");
  job.pods[1].created_at = SecondsAgo(31);
  EXPECT_EQ(Decide(job, kNow).phase, "waiting: worker 1: ContainerCreating");
}

TEST(Reconcile, WhatAnEventSaidLongAgoIsNotWhyItWaits) {
  KnownJob job = Running();
  job.pods.pop_back();
  job.events = {{.reason = "FailedCreate",
                 .message = "exceeded quota",
                 .time = SecondsAgo(600),
                 .warning = true}};
  EXPECT_EQ(Decide(job, kNow).phase, "");
}

TEST(Reconcile, APodThatIsBeingStoppedIsGivenItsGraceAndAMinute) {
  KnownJob job = Running();
  job.pods[1].deleted_at = SecondsAgo(59);
  EXPECT_EQ(Decide(job, kNow).phase, "");
}

}  // namespace
}  // namespace reprocess
