// A job's life after it was submitted: a cluster in memory, rows in a SQLite file.
#include "cluster/keeper.h"

#include <atomic>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/cluster_for_tests.h"
#include "cluster/control.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Json = nlohmann::json;

// What is committed, by shard; fencing is remembered.
class Committed final : public ShardSettler {
 public:
  Result<Checkpoint> Settle(const ShardRef& shard, const ShardRow& row, const std::string&,
                            const std::stop_token&) override {
    if (away) {
      return std::unexpected(Error{.remedy = Remedy::kWait, .what = "connect: no broker answers"});
    }
    if (meanwhile) meanwhile();
    TRY(Checkpoint checkpoint, Decode(row.checkpoint));
    if (checkpoint.state == ShardState::kRunning) {
      fenced.push_back(shard.index);
      ++checkpoint.generation;
    }
    return checkpoint;
  }
  bool away = false;
  std::function<void()> meanwhile;
  std::vector<int> fenced;
};

// Time also passes when it is told to.
class LeapingClock final : public Clock {
 public:
  SteadyTime Now() override { return SystemClock().Now() + leapt_.load(); }
  WallTime Wall() override { return SystemClock().Wall(); }
  bool SleepFor(Milliseconds, const std::stop_token& stop) override {
    return SystemClock().SleepFor(Milliseconds(1), stop);
  }
  void Leap(Milliseconds by) { leapt_ = leapt_.load() + by; }

 private:
  std::atomic<Milliseconds> leapt_{};
};

class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    Submit();
    lease_ = **store_->TakeLease("c/team", "us", Milliseconds(60'000));
  }
  ~KeeperTest() override { fs::remove_all(directory_); }

  void Submit() {
    ASSERT_TRUE(queries_->StorePlan(
        {.job_id = "7", .config = "{}", .total_workers = 2, .files = {}, .begun = Begun::kNot}));
    cluster_.Put("jobs", "reprocess-7",
                 {{"metadata", {{"uid", "job-uid"}, {"labels", Labels()}}},
                  {"spec", {{"parallelism", 2}, {"suspend", false}}}});
    const auto begun = submissions_->Begin(
        {.job_id = "7", .cluster = "c", .name_space = "team", .options = "{}"}, Take::kUnended);
    ASSERT_TRUE(begun) << begun.error().ToString();
    ASSERT_TRUE(submissions_->Change("7", begun->generation, {.job_uid = "job-uid"}));
    ASSERT_TRUE(submissions_->MarkRunning("7", begun->generation, "reprocess-7"));
  }
  static Json Labels() { return {{"app", "bulker-reprocessing"}, {"job-id", "7"}}; }

  void PutPod(const std::string& name, int worker) {
    cluster_.Put(
        "pods", name,
        {{"metadata",
          {{"labels", Labels()},
           {"annotations",
            {{"batch.kubernetes.io/job-completion-index", std::to_string(worker)}}}}},
         {"status",
          {{"phase", "Running"},
           {"containerStatuses",
            {{{"name", "worker"},
              {"state", {{"running", {{"startedAt", FormatRfc3339(clock_.Wall())}}}}}}}}}}});
  }
  void EndPod(const std::string& name, int exit, const std::string& reason = "Error") {
    cluster_.Merge("pods", name,
                   {{"status",
                     {{"phase", exit == 0 ? "Succeeded" : "Failed"},
                      {"containerStatuses",
                       {{{"name", "worker"},
                         {"state",
                          {{"terminated",
                            {{"exitCode", exit},
                             {"reason", reason},
                             {"finishedAt", FormatRfc3339(clock_.Wall())}}}}}}}}}}});
  }
  void Claim(int shard, ShardState state, std::uint64_t generation = 1,
             const std::string& worker = "w") {
    Checkpoint checkpoint;
    checkpoint.state = state;
    checkpoint.owner = worker;
    checkpoint.generation = generation;
    checkpoint.fingerprint = "0123456789abcdef";
    checkpoint.shard = {.lines = 5, .success = 5};
    const Owner owner{worker, "pod", generation};
    ASSERT_TRUE(workers_->Claim({"7", shard}, Mode::kExactlyOnce, owner, Encode(checkpoint), {}));
    ASSERT_TRUE(workers_->PutWorker({"7", shard}, owner, {}));
  }
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
  void SetCondition(const std::string& type, const std::string& message = "") {
    cluster_.Merge(
        "jobs", "reprocess-7",
        {{"status",
          {{"conditions", {{{"type", type}, {"status", "True"}, {"message", message}}}}}}});
  }

  // What a fresh process does that looks for the first time, or one that has been there.
  void Round(Keeper& keeper) {
    ClusterSeen seen;
    ApplyJobs(*ListObjects(api_, kJobs, OurObjects(), {}), seen);
    ApplyPods(*ListObjects(api_, kPods, OurObjects(), {}), seen);
    ApplyEvents(*ListObjects(api_, kEvents, {}, {}), seen);
    const auto round = keeper.Round(lease_, seen, {});
    EXPECT_TRUE(round) << round.error().ToString();
  }
  void Round() { Round(keeper_); }

  std::string Phase() { return (*submissions_->Find("7"))->phase; }
  bool HasEnded() { return !(*submissions_->Find("7"))->ended_at.empty(); }
  std::string Status() { return queries_->Job("7")->status; }
  std::vector<std::string> WorkerStates() {
    std::vector<std::string> states;
    const auto shards = queries_->Shards("7");
    for (const ShardSummary& shard : *shards) states.emplace_back(NameOf(shard.status));
    return states;
  }

  static fs::path NewDirectory() {
    std::string name = (fs::temp_directory_path() / "keeper_XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  const fs::path directory_ = NewDirectory();
  const std::unique_ptr<Database> database_ =
      *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
  const std::unique_ptr<Queries> queries_ = database_->NewQueries();
  const std::unique_ptr<Submissions> submissions_ = database_->NewSubmissions();
  const std::unique_ptr<ClusterStore> store_ = database_->NewClusterStore();
  const std::unique_ptr<WorkerStore> workers_ = database_->NewWorkerStore();
  FakeCluster cluster_;
  LeapingClock clock_;
  KubeApi api_{cluster_.access(), WorldOf(clock_)};
  Committed settler_;
  Lease lease_;
  KeeperWorld world_{api_,    api_,      "c",      *queries_, *submissions_,
                     *store_, *workers_, settler_, clock_};
  std::vector<std::string> troubles_;
  Keeper keeper_{world_, [this](const Error& error) { troubles_.push_back(error.ToString()); }};
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
  ASSERT_TRUE(queries_->StoreConfig("7", R"({"dry_run":true})"));
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

// At that call of those that change something in the cluster the process ends; another one goes on.
class KilledAtStep : public KeeperTest, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(OfACancellation, KilledAtStep, testing::Range(0, 5));

TEST_P(KilledAtStep, TheNextOneEndsTheSame) {
  cluster_.Put("secrets", "reprocess-7-credentials", Json::object());
  Claim(0, ShardState::kRunning);
  ASSERT_TRUE(submissions_->Cancel("7"));
  int writes = 0;
  cluster_.Intercept([&](const std::string& method, const std::string&) -> std::optional<Reply> {
    if (method == "GET" || writes++ < GetParam()) return std::nullopt;
    return Refused("403 Forbidden", "the process is dead");
  });
  Keeper dying(world_, [](const Error&) {});
  for (int i = 0; i < 3; ++i) Round(dying);
  cluster_.Intercept({});
  Keeper next(world_, [](const Error&) {});
  for (int i = 0; i < 3; ++i) Round(next);
  EXPECT_TRUE(HasEnded());
  EXPECT_THAT(cluster_.Names("jobs"), IsEmpty());
  EXPECT_THAT(cluster_.Names("secrets"), IsEmpty());
  EXPECT_THAT(WorkerStates(), ElementsAre("cancelled", "cancelled"));
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
