// A job's life after it was submitted: a cluster in memory, rows in a SQLite file.
#include "cluster/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/control.h"
#include "cluster/kept_job_for_tests.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Json = nlohmann::json;

class KeeperTest : public testing::Test, public KeptJob {
 protected:
  // Five workers that come no further, after one that did.
  void ClaimInVain() {
    for (std::uint64_t generation = 1; generation <= 5; ++generation) {
      Claim(0, ShardState::kRunning, generation, fmt::format("w{}", generation));
      Round();
      EXPECT_EQ(Phase(), "waiting for its pods");
    }
    Claim(0, ShardState::kRunning, 6, "w6");
    Round();
  }
};

TEST_F(KeeperTest, AJobWhoseObjectsWerePrintedIsKeptOnceSomebodyHasMadeThem) {
  ASSERT_TRUE(queries_->StorePlan(
      {.job_id = "8", .config = "{}", .total_workers = 1, .files = {}, .begun = Begun::kNot}));
  ASSERT_TRUE(submissions_->Begin({.job_id = "8",
                                   .cluster = "c",
                                   .name_space = "team",
                                   .options = "{}",
                                   .phase = std::string(kSubmittedOutside)},
                                  Take::kUnended));
  Round();
  EXPECT_EQ((*submissions_->Find("8"))->phase, kSubmittedOutside);
  EXPECT_EQ(queries_->Job("8")->status, "pending");
  cluster_.Put("jobs", "reprocess-8",
               {{"metadata", {{"uid", "u8"}, {"labels", {{"app", kAppLabel}, {"job-id", "8"}}}}},
                {"spec", {{"parallelism", 1}, {"suspend", false}}}});
  Round();
  EXPECT_EQ((*submissions_->Find("8"))->job_uid, "u8");
  EXPECT_NE((*submissions_->Find("8"))->phase, kSubmittedOutside);
  EXPECT_EQ(queries_->Job("8")->status, "running");
}

TEST_F(KeeperTest, AJobIsCompletedWhenItsJobIsAndEveryCheckpointIs) {
  PutPod("a", 0);
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kComplete);
  Round();
  EXPECT_EQ(Status(), "running");
  EndPod("a", 0, "Completed");
  SetCondition("Complete");
  Round();
  EXPECT_EQ(Status(), "completed");
  EXPECT_THAT(WorkerStates(), ElementsAre("completed", "completed"));
  EXPECT_TRUE(HasEnded());
  EXPECT_EQ(Phase(), "");
  EXPECT_THAT(settler_.fenced, IsEmpty());
  EXPECT_THAT(troubles_, IsEmpty());
}

TEST_F(KeeperTest, AJobWhoseJobIsCompleteButWhoseShardIsNotHasFailed) {
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kRunning);
  SetCondition("Complete");
  Round();
  EXPECT_EQ(Status(), "failed");
  EXPECT_THAT(settler_.fenced, ElementsAre(1));
  EXPECT_THAT(WorkerStates(), ElementsAre("completed", "failed"));
}

TEST_F(KeeperTest, WhatAPodWroteAndHowItEndedIsKept) {
  PutPod("a", 0);
  cluster_.SetLog("a", "2026-05-01T00:00:01Z last words\n");
  EndPod("a", 137, "OOMKilled");
  Round();
  cluster_.Remove("pods", "a");
  Round();
  const auto pods = store_->Pods("7");
  ASSERT_EQ(pods->size(), 1u);
  EXPECT_EQ(pods->front().exit_code, 137);
  EXPECT_EQ(pods->front().reason, "OOMKilled");
  EXPECT_EQ(pods->front().log, "2026-05-01T00:00:01Z last words\n");
}

TEST_F(KeeperTest, TheFirstWorkersErrorIsTheJobs) {
  Claim(0, ShardState::kRunning);
  WorkerRow row;
  row.status = WorkerStatus::kFailed;
  row.error = "too many errors";
  ASSERT_TRUE(workers_->PutWorker({"7", 0}, {"w", "pod", 1}, row));
  SetCondition("Failed", "an index failed");
  Round();
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(queries_->Job("7")->error, "too many errors");
  EXPECT_THAT(WorkerStates(), ElementsAre("failed", "failed"));
}

TEST_F(KeeperTest, WhileKafkaIsAwayNothingIsFinal) {
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kComplete);
  SetCondition("Complete");
  settler_.away = true;
  Round();
  EXPECT_EQ(Status(), "running");
  EXPECT_THAT(WorkerStates(), ElementsAre("running", "running"));
  EXPECT_THAT(Phase(), StartsWith("verdict waits for Kafka"));
  settler_.away = false;
  Round();
  EXPECT_EQ(Status(), "completed");
}

TEST_F(KeeperTest, AJobDeletedByHandEndsByItsCheckpoints) {
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kRunning);
  cluster_.Remove("jobs", "reprocess-7");
  Round();
  EXPECT_EQ(Status(), "failed");
  EXPECT_THAT(queries_->Job("7")->error, HasSubstr("cause unknown"));
  EXPECT_THAT(settler_.fenced, ElementsAre(1));
}

TEST_F(KeeperTest, AWorkerThatBeganAndWasNeverSeenToEndIsFencedThoughItHasNotClaimed) {
  Claim(0, ShardState::kComplete);
  ASSERT_TRUE(workers_->EnsureWorker({"7", 1}, {}));
  PutPod("b", 1);
  cluster_.Merge("pods", "b", {{"status", {{"phase", "Failed"}}}});  // its node was deleted
  cluster_.Remove("jobs", "reprocess-7");
  Round();
  EXPECT_THAT(settler_.fenced, ElementsAre(1));
  EXPECT_EQ(Status(), "failed");
}

TEST_F(KeeperTest, OfSeveralPodsTheLowestWorkersIsNamedWhicheverWasMadeFirst) {
  for (const auto& [pod, worker] : {std::pair("a", 1), std::pair("b", 0)}) {
    PutPod(pod, worker);
    cluster_.Merge("pods", pod,
                   {{"spec", {{"nodeName", "n1"}}},
                    {"metadata", {{"deletionTimestamp", "2026-05-01T00:00:00Z"}}}});
  }
  Round();
  const std::string phase = (*submissions_->Find("7"))->phase;
  EXPECT_THAT(phase, StartsWith("node lost: worker 0 was on n1"));
  EXPECT_THAT(phase, EndsWith("lets its successor start (and 1 more)"));
}

TEST_F(KeeperTest, AWorkerThatWasSeenToEndBeforeItClaimedNeedsNoFence) {
  ASSERT_TRUE(workers_->EnsureWorker({"7", 0}, {}));
  PutPod("a", 0);
  EndPod("a", 1);
  SetCondition("Failed");
  Round();
  EXPECT_THAT(settler_.fenced, IsEmpty());
  EXPECT_EQ(Status(), "failed");
}

TEST_F(KeeperTest, ADryRunsWorkerNeedsNoFence) {
  ASSERT_TRUE(queries_->GiveMoreToDo("7", R"({"dry_run":true})"));
  ASSERT_TRUE(workers_->EnsureWorker({"7", 0}, {}));
  cluster_.Remove("jobs", "reprocess-7");
  Round();
  EXPECT_THAT(settler_.fenced, IsEmpty());
  EXPECT_EQ(Status(), "failed");
}

TEST_F(KeeperTest, AJobThatExpiredBeforeAnybodyLookedIsCompletedByItsCheckpoints) {
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kComplete);
  cluster_.Remove("jobs", "reprocess-7");
  Round();
  EXPECT_EQ(Status(), "completed");
}

TEST_F(KeeperTest, AJobThatIsSubmittedAgainWhileItIsSettledHasNotEnded) {
  Claim(0, ShardState::kRunning);
  cluster_.Remove("jobs", "reprocess-7");
  settler_.meanwhile = [this] {
    ASSERT_TRUE(submissions_->Begin(
        {.job_id = "7", .cluster = "c", .name_space = "team", .options = "{}"}, Take::kUnended));
  };
  Round();
  EXPECT_EQ(Status(), "running");
  EXPECT_FALSE(HasEnded());
}

TEST_F(KeeperTest, AWatchThatIsBehindIsNoDeletion) {
  ClusterSeen empty{.jobs_listed = true, .pods_listed = true};
  ASSERT_TRUE(keeper_.Round(lease_, empty, {}));
  EXPECT_EQ(Status(), "running");
}

TEST_F(KeeperTest, NothingIsDecidedBeforeAllWasListed) {
  cluster_.Remove("jobs", "reprocess-7");
  ASSERT_TRUE(keeper_.Round(lease_, {.jobs_listed = true}, {}));
  EXPECT_EQ(Status(), "running");
}

TEST_F(KeeperTest, ACancelledJobIsDeletedFencedAndThenFinal) {
  PutPod("a", 0);
  cluster_.SetLog("a", "2026-05-01T00:00:01Z here\n");
  cluster_.Put("secrets", "reprocess-7-credentials", Json::object());
  Claim(0, ShardState::kRunning);
  ASSERT_TRUE(submissions_->Cancel("7"));
  Round();
  EXPECT_FALSE(cluster_.Find("jobs", "reprocess-7"));
  EXPECT_THAT(Phase(), StartsWith("cancelling"));
  Round();
  EXPECT_FALSE(HasEnded()) << "a pod is left";
  cluster_.Remove("pods", "a");
  Round();
  EXPECT_TRUE(HasEnded());
  EXPECT_EQ(Status(), "cancelled");
  EXPECT_THAT(settler_.fenced, ElementsAre(0));
  EXPECT_THAT(WorkerStates(), ElementsAre("cancelled", "cancelled"));
  EXPECT_FALSE(cluster_.Find("secrets", "reprocess-7-credentials"));
  EXPECT_EQ(store_->Pods("7")->front().log, "2026-05-01T00:00:01Z here\n");
}

TEST_F(KeeperTest, PodsWhoseLastWordsAreNotToBeHadHoldUpNoCancellation) {
  for (const char* name : {"a", "b", "c"}) PutPod(name, 0);
  int asked = 0;
  cluster_.Intercept([&](const std::string& method, const std::string& target) {
    if (method == "GET" && target.starts_with("pods/")) {
      ++asked;
      clock_.Leap(std::chrono::seconds(5));
    }
    return std::optional<Reply>();
  });
  ASSERT_TRUE(submissions_->Cancel("7"));
  Round();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(store_->Pods("7")->size(), 3u);
  EXPECT_THAT(cluster_.Names("jobs"), IsEmpty());
}

TEST_F(KeeperTest, ClaimsWithoutProgressSuspendTheJobAndAMovedCheckpointForgetsThem) {
  ClaimInVain();
  EXPECT_THAT(Phase(), StartsWith("suspended: 5 claims of shard 0"));
  EXPECT_EQ(cluster_.Find("jobs", "reprocess-7")->at("spec").at("suspend"), true);
  EXPECT_TRUE((*submissions_->Find("7"))->suspended);
  Round();
  EXPECT_THAT(Phase(), StartsWith("suspended: 5 claims of shard 0"));
}

TEST_F(KeeperTest, AJobThatIsResumedAfterClaimsWithoutProgressIsGivenAsManyAgain) {
  ClaimInVain();
  ASSERT_TRUE(Unsuspend(api_, *submissions_, **submissions_->Find("7"), {}));
  Claim(0, ShardState::kRunning, 7, "w7");
  Round();
  EXPECT_FALSE((*submissions_->Find("7"))->suspended);
  EXPECT_EQ(cluster_.Find("jobs", "reprocess-7")->at("spec").at("suspend"), false);
}

TEST_F(KeeperTest, TheFirstFailureForGoodEndsTheJobAndIsForgottenWhenItIsResumed) {
  Claim(0, ShardState::kRunning);
  Claim(1, ShardState::kRunning);
  WorkerRow row;
  row.status = WorkerStatus::kFailed;
  row.error = "failed for good (max_errors): 9 of 10 lines judged are errors";
  ASSERT_TRUE(workers_->PutWorker({"7", 1}, {"w", "pod", 1}, row));
  Round();
  EXPECT_EQ(Phase(), "stopping: worker 1 has failed for good (max_errors)");
  EXPECT_FALSE(cluster_.Find("jobs", "reprocess-7"));
  Round();
  EXPECT_EQ(Status(), "failed");
  EXPECT_EQ(queries_->Job("7")->error, row.error);
  EXPECT_NE(FailedForGood(*queries_->Shards("7")), nullptr);
  ASSERT_TRUE(submissions_->Begin(
      {.job_id = "7", .cluster = "c", .name_space = "team", .options = "{}"}, Take::kFailed));
  EXPECT_EQ(FailedForGood(*queries_->Shards("7")), nullptr);
}

TEST_F(KeeperTest, AWorkerThatRewindsHasClaimedOnce) {
  for (std::uint64_t generation = 1; generation <= 9; ++generation) {
    Claim(0, ShardState::kRunning, generation);
    Round();
  }
  EXPECT_FALSE((*submissions_->Find("7"))->suspended);
}

TEST_F(KeeperTest, APodThatRunsForMinutesWithoutAClaimSuspendsTheJob) {
  PutPod("a", 0);
  Round();
  clock_.Leap(std::chrono::seconds(190));
  Round();
  EXPECT_FALSE((*submissions_->Find("7"))->suspended);
  clock_.Leap(std::chrono::seconds(10));
  Round();
  EXPECT_TRUE((*submissions_->Find("7"))->suspended);
  EXPECT_THAT(Phase(), StartsWith("suspended: pod a ran"));
}

TEST_F(KeeperTest, AJobThatHasNotGrownYetGrowsToWhatIsWanted) {
  cluster_.Merge("jobs", "reprocess-7", {{"spec", {{"parallelism", 1}}}});
  ASSERT_TRUE(
      submissions_->Change("7", (*submissions_->Find("7"))->generation, {.parallelism = 2}));
  Claim(0, ShardState::kComplete);
  WorkerRow row;
  row.status = WorkerStatus::kCompleted;
  ASSERT_TRUE(workers_->PutWorker({"7", 0}, {"w", "pod", 1}, row));
  Round();
  EXPECT_EQ(cluster_.Find("jobs", "reprocess-7")->at("spec").at("parallelism"), 2);
}

TEST_F(KeeperTest, ALeaseThatIsAnothersWritesNothing) {
  PutPod("a", 0);
  EndPod("a", 0);
  SetCondition("Complete");
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kComplete);
  lease_.generation = 0;
  Round();
  EXPECT_EQ(Status(), "running");
  EXPECT_THAT(*store_->Pods("7"), IsEmpty());
  EXPECT_THAT(troubles_, ElementsAre(HasSubstr("another has taken the lease")));
}

TEST_F(KeeperTest, JobsAreKeptUntilItIsStopped) {
  ASSERT_TRUE(store_->ReleaseLease(lease_));
  Claim(0, ShardState::kComplete);
  Claim(1, ShardState::kComplete);
  SetCondition("Complete");
  std::jthread keeping(
      [this](const std::stop_token& stop) { KeepJobs(world_, [](const Error&) {}, stop); });
  while (!HasEnded()) {
  }
  EXPECT_EQ(Status(), "completed");
}

}  // namespace
}  // namespace reprocess
