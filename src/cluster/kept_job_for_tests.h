// A job on Kubernetes after it was submitted: a cluster in memory, rows in a SQLite file, and what is
// committed without Kafka.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cluster/cluster_for_tests.h"
#include "cluster/keeper.h"

namespace reprocess {

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

// Job 7 of two shards, submitted and running, and a keeper that looks when it is told to.
class KeptJob {
 public:
  KeptJob() {
    Submit();
    lease_ = **store_->TakeLease("c/team", "us", Milliseconds(60'000));
  }
  ~KeptJob() { std::filesystem::remove_all(directory_); }
  KeptJob(const KeptJob&) = delete;

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
  static nlohmann::json Labels() { return {{"app", "bulker-reprocessing"}, {"job-id", "7"}}; }

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
  void SetCondition(const std::string& type, const std::string& message = "") {
    cluster_.Merge(
        "jobs", "reprocess-7",
        {{"status",
          {{"conditions", {{{"type", type}, {"status", "True"}, {"message", message}}}}}}});
  }

  // What a fresh process does that looks for the first time, or one that has been there.
  Result<void> RoundOf(Keeper& keeper) {
    ClusterSeen seen;
    ApplyJobs(*ListObjects(api_, kJobs, OurObjects(), {}), seen);
    ApplyPods(*ListObjects(api_, kPods, OurObjects(), {}), seen);
    ApplyEvents(*ListObjects(api_, kEvents, {}, {}), seen);
    return keeper.Round(lease_, seen, {});
  }
  void Round() {
    const auto round = RoundOf(keeper_);
    EXPECT_TRUE(round) << round.error().ToString();
  }

  std::string Phase() { return (*submissions_->Find("7"))->phase; }
  bool HasEnded() { return !(*submissions_->Find("7"))->ended_at.empty(); }
  std::string Status() { return queries_->Job("7")->status; }
  std::vector<std::string> WorkerStates() {
    std::vector<std::string> states;
    const auto shards = queries_->Shards("7");
    for (const ShardSummary& shard : *shards) states.emplace_back(NameOf(shard.status));
    return states;
  }

  static std::filesystem::path NewDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "keeper_XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  const std::filesystem::path directory_ = NewDirectory();
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

}  // namespace reprocess
