// Whoever keeps a job dies before each thing that it does; whoever comes next ends where an
// undisturbed one would, with nothing doubled and nothing left behind.
#include <algorithm>
#include <atomic>
#include <set>
#include <type_traits>
#include <utility>

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/control.h"
#include "cluster/kept_job_for_tests.h"

namespace reprocess {
namespace {

using testing::SizeIs;
using Json = nlohmann::json;

constexpr int kRounds = 4;  // in which each of these jobs comes to its end

// A process that dies before the step of that number: nothing that it does from there on has an effect.
// A step is a call that may change something; who dies after one dies before the next.
class Mortal {
 public:
  explicit Mortal(int dies_at) : left_(dies_at) {}
  bool Lives() {
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  bool is_dead() const { return left_ == 0; }

  template <class Work>
  std::invoke_result_t<Work> Do(Work work) {
    if (!Lives()) return Dead();
    return work();
  }
  static std::unexpected<Error> Dead() { return Fatal("go on: the process is dead"); }

 private:
  std::atomic<int> left_;
};

class MortalSubmissions final : public Submissions {
 public:
  MortalSubmissions(Mortal& life, Submissions& real) : life_(life), real_(real) {}
  Result<Submission> Begin(const Submission& wanted, Take take) override {
    return life_.Do([&] { return real_.Begin(wanted, take); });
  }
  Result<void> Change(const std::string& job_id, std::uint64_t generation,
                      const SubmissionChange& change) override {
    return life_.Do([&] { return real_.Change(job_id, generation, change); });
  }
  Result<void> MarkRunning(const std::string& job_id, std::uint64_t generation,
                           const std::string& name) override {
    return life_.Do([&] { return real_.MarkRunning(job_id, generation, name); });
  }
  Result<void> MarkFailed(const std::string& job_id, std::uint64_t generation,
                          const std::string& error) override {
    return life_.Do([&] { return real_.MarkFailed(job_id, generation, error); });
  }
  Result<std::optional<Submission>> Cancel(const std::string& job_id) override {
    return life_.Do([&] { return real_.Cancel(job_id); });
  }
  Result<void> CancelFailed(const std::string& job_id) override {
    return life_.Do([&] { return real_.CancelFailed(job_id); });
  }
  Result<bool> IsCancelled(const std::string& job_id) override { return real_.IsCancelled(job_id); }
  Result<std::optional<Submission>> Find(const std::string& job_id) override {
    return real_.Find(job_id);
  }
  Result<std::vector<Submission>> Unended(const std::string& cluster,
                                          const std::string& name_space) override {
    return real_.Unended(cluster, name_space);
  }

 private:
  Mortal& life_;
  Submissions& real_;
};

class MortalClusterStore final : public ClusterStore {
 public:
  MortalClusterStore(Mortal& life, ClusterStore& real) : life_(life), real_(real) {}
  Result<void> Available() const override { return real_.Available(); }
  Result<std::optional<Lease>> TakeLease(const std::string& name, const std::string& owner,
                                         Milliseconds life) override {
    return life_.Do([&] { return real_.TakeLease(name, owner, life); });
  }
  Result<void> RenewLease(const Lease& lease, Milliseconds life) override {
    return life_.Do([&] { return real_.RenewLease(lease, life); });
  }
  Result<void> ReleaseLease(const Lease& lease) override {
    return life_.Do([&] { return real_.ReleaseLease(lease); });
  }
  Result<void> StorePod(const Lease& lease, const PodRow& pod) override {
    return life_.Do([&] { return real_.StorePod(lease, pod); });
  }
  Result<std::vector<PodRow>> Pods(const std::string& job_id) override {
    return real_.Pods(job_id);
  }
  Result<void> StorePhase(const Lease& lease, const JobPhase& phase) override {
    return life_.Do([&] { return real_.StorePhase(lease, phase); });
  }
  Result<void> EndJob(const Lease& lease, const JobEnd& end) override {
    return life_.Do([&] { return real_.EndJob(lease, end); });
  }

 private:
  Mortal& life_;
  ClusterStore& real_;
};

class MortalStatus final : public StatusStore {
 public:
  MortalStatus(Mortal& life, StatusStore& real) : life_(life), real_(real) {}
  Result<std::optional<JobRow>> FindJob(const std::string& id) override {
    return real_.FindJob(id);
  }
  Result<void> EnsureJob(const JobRow& row) override {
    return life_.Do([&] { return real_.EnsureJob(row); });
  }
  Result<void> ReopenJob(const std::string& id) override {
    return life_.Do([&] { return real_.ReopenJob(id); });
  }
  Result<void> EnsureWorker(const ShardRef& shard, const WorkerRow& row) override {
    return life_.Do([&] { return real_.EnsureWorker(shard, row); });
  }
  Result<void> FailUnclaimed(const ShardRef& shard, const std::string& error) override {
    return life_.Do([&] { return real_.FailUnclaimed(shard, error); });
  }
  Result<void> PutWorker(const ShardRef& shard, const Owner& owner, const WorkerRow& row) override {
    return life_.Do([&] { return real_.PutWorker(shard, owner, row); });
  }
  Result<void> EndJobIfLast(const std::string& id) override {
    return life_.Do([&] { return real_.EndJobIfLast(id); });
  }

 private:
  Mortal& life_;
  StatusStore& real_;
};

class MortalSettler final : public ShardSettler {
 public:
  MortalSettler(Mortal& life, ShardSettler& real) : life_(life), real_(real) {}
  Result<Checkpoint> Settle(const ShardRef& shard, const ShardRow& row,
                            const std::string& job_config, const std::stop_token& stop) override {
    return life_.Do([&] { return real_.Settle(shard, row, job_config, stop); });
  }

 private:
  Mortal& life_;
  ShardSettler& real_;
};

// Its calls to the cluster that change something are steps too.
void CutCalls(FakeCluster& cluster, Mortal& life) {
  cluster.Intercept([&life](const std::string& method, const std::string&) -> std::optional<Reply> {
    if (method == "GET" || life.Lives()) return std::nullopt;
    return Refused("403 Forbidden", "the process is dead");
  });
}

// Whoever keeps the job until it dies.
void KeepUntilDead(KeptJob& job, Mortal& life) {
  MortalSubmissions submissions(life, *job.submissions_);
  MortalClusterStore store(life, *job.store_);
  MortalStatus workers(life, *job.workers_);
  MortalSettler settler(life, job.settler_);
  const KeeperWorld world{job.api_, job.api_, "c",     *job.queries_, submissions,
                          store,    workers,  settler, job.clock_};
  CutCalls(job.cluster_, life);
  Keeper keeper(world, [](const Error&) {});
  for (int i = 0; i < kRounds; ++i) (void)job.RoundOf(keeper);
  job.cluster_.Intercept({});
}

// … and whoever comes next, under a lease of its own.
void KeepToTheEnd(KeptJob& job) {
  ASSERT_TRUE(job.store_->ReleaseLease(job.lease_));
  job.lease_ = **job.store_->TakeLease("c/team", "the next", Milliseconds(60'000));
  Keeper keeper(job.world_, [](const Error& error) { ADD_FAILURE() << error.ToString(); });
  for (int i = 0; i < kRounds; ++i) EXPECT_TRUE(job.RoundOf(keeper));
}

// All that there is of the job.
std::string StateOf(KeptJob& job) {
  std::vector<std::string> text = {fmt::format("workers {}", job.WorkerStates())};
  for (const char* id : {"7", "8"}) {
    const auto row = *job.submissions_->Find(id);
    if (!row) continue;
    const auto summary = job.queries_->Job(id);
    text.push_back(fmt::format("{} {} {} {} uid={} suspended={} ended={}", id, summary->status,
                               summary->error, row->phase, row->job_uid, row->suspended,
                               !row->ended_at.empty()));
  }
  for (const char* plural : {"jobs", "secrets", "configmaps"}) {
    text.push_back(fmt::format("{} {}", plural, job.cluster_.Names(plural)));
  }
  if (const auto object = job.cluster_.Find("jobs", "reprocess-7")) {
    text.push_back(object->at("spec").dump());
  }
  auto pods = *job.store_->Pods("7");
  std::ranges::sort(pods, {}, &PodRow::name);  // by time, which is another one each time
  for (const PodRow& pod : pods) {
    text.push_back(
        fmt::format("{} {} {} {}", pod.name, pod.exit_code.value_or(-1), pod.reason, pod.log));
  }
  return fmt::format("{}", fmt::join(text, "\n"));
}

struct Story {
  const char* name;
  void (*tell)(KeptJob& job);
  std::set<int> fenced;  // shards
};
void PrintTo(const Story& story, std::ostream* out) {
  *out << story.name;
}

void PutOthers(KeptJob& job) {
  job.cluster_.Put("secrets", "reprocess-7-credentials", Json::object());
  for (const char* name : {"reprocess-7-files", "reprocess-7-config"}) {
    job.cluster_.Put("configmaps", name, Json::object());
  }
}

void PutEndedPod(KeptJob& job, const std::string& name, int worker, int exit) {
  job.PutPod(name, worker);
  job.cluster_.SetLog(name, "2026-05-01T00:00:01Z last words\n");
  job.EndPod(name, exit);
}

const Story kStories[] = {
    {"AJobThatCompletes",
     [](KeptJob& job) {
       for (const int shard : {0, 1}) {
         PutEndedPod(job, fmt::format("pod-{}", shard), shard, 0);
         job.Claim(shard, ShardState::kComplete);
       }
       job.SetCondition("Complete");
     },
     {}},
    {"AJobThatFails",
     [](KeptJob& job) {
       PutEndedPod(job, "pod-0", 0, 0);
       PutEndedPod(job, "pod-1", 1, 1);
       job.Claim(0, ShardState::kComplete);
       job.Claim(1, ShardState::kRunning);
       job.SetCondition("Failed", "an index failed");
     },
     {1}},
    {"AJobThatIsDeletedByHand",
     [](KeptJob& job) {
       job.Claim(0, ShardState::kRunning);
       job.Claim(1, ShardState::kComplete);
       job.cluster_.Remove("jobs", "reprocess-7");
     },
     {0}},
    {"AJobThatExpiredUnseen",
     [](KeptJob& job) {
       for (const int shard : {0, 1}) job.Claim(shard, ShardState::kComplete);
       job.cluster_.Remove("jobs", "reprocess-7");
     },
     {}},
    {"ACancellation",
     [](KeptJob& job) {
       PutOthers(job);
       PutEndedPod(job, "pod-1", 1, 4);
       job.Claim(0, ShardState::kRunning);
       ASSERT_TRUE(job.submissions_->Cancel("7"));
     },
     {0}},
    {"ASuspensionThatWasAskedFor",
     [](KeptJob& job) {
       job.PutPod("pod-0", 0);
       job.cluster_.SetLog("pod-0", "2026-05-01T00:00:01Z last words\n");
       job.Claim(0, ShardState::kRunning);
       ASSERT_TRUE(AskToSuspend(*job.submissions_, **job.submissions_->Find("7"), "ann"));
     },
     {}},
    {"GrowthToItsWidth",
     [](KeptJob& job) {
       job.cluster_.Merge("jobs", "reprocess-7", {{"spec", {{"parallelism", 1}}}});
       const auto held = (*job.submissions_->Find("7"))->generation;
       ASSERT_TRUE(job.submissions_->Change("7", held, {.parallelism = 2}));
       job.PutPod("pod-0", 0);
       job.Claim(0, ShardState::kRunning);
       WorkerRow row;
       row.counters.lines = 5;
       ASSERT_TRUE(job.workers_->PutWorker({"7", 0}, {"w", "pod", 1}, row));
     },
     {}},
    {"AFirstWorkerThatFailsTwice",
     [](KeptJob& job) {
       job.cluster_.Merge("jobs", "reprocess-7", {{"spec", {{"parallelism", 1}}}});
       const auto held = (*job.submissions_->Find("7"))->generation;
       ASSERT_TRUE(job.submissions_->Change("7", held, {.parallelism = 2}));
       for (const char* name : {"pod-a", "pod-b"}) PutEndedPod(job, name, 0, 1);
     },
     {}},
    {"AWorkerThatFailsForGood",
     [](KeptJob& job) {
       for (const int shard : {0, 1}) job.Claim(shard, ShardState::kRunning);
       WorkerRow row;
       row.status = WorkerStatus::kFailed;
       row.error = "failed for good (fingerprint): begun with other files";
       ASSERT_TRUE(job.workers_->PutWorker({"7", 1}, {"w", "pod", 1}, row));
     },
     {0, 1}},
    {"ObjectsThatSomebodyElseMade",
     [](KeptJob& job) {
       ASSERT_TRUE(job.queries_->StorePlan(
           {.job_id = "8", .config = "{}", .total_workers = 1, .files = {}, .begun = Begun::kNot}));
       ASSERT_TRUE(job.submissions_->Begin({.job_id = "8",
                                            .cluster = "c",
                                            .name_space = "team",
                                            .options = "{}",
                                            .phase = std::string(kSubmittedOutside)},
                                           Take::kUnended));
       job.cluster_.Put(
           "jobs", "reprocess-8",
           {{"metadata", {{"uid", "u8"}, {"labels", {{"app", kAppLabel}, {"job-id", "8"}}}}},
            {"spec", {{"parallelism", 1}, {"suspend", false}}}});
     },
     {}},
};

class KilledAtEveryStep : public testing::TestWithParam<Story> {};
INSTANTIATE_TEST_SUITE_P(Of, KilledAtEveryStep, testing::ValuesIn(kStories),
                         [](const auto& story) { return std::string(story.param.name); });

TEST_P(KilledAtEveryStep, TheNextOneEndsTheSame) {
  std::string undisturbed;
  {
    KeptJob job;
    GetParam().tell(job);
    KeepToTheEnd(job);
    undisturbed = StateOf(job);
  }
  bool died = true;
  int step = 0;
  for (; died; ++step) {
    SCOPED_TRACE(fmt::format("dies at step {}", step));
    KeptJob job;
    GetParam().tell(job);
    Mortal life(step);
    KeepUntilDead(job, life);
    died = life.is_dead();
    KeepToTheEnd(job);
    ASSERT_EQ(StateOf(job), undisturbed);
    EXPECT_EQ(std::set(job.settler_.fenced.begin(), job.settler_.fenced.end()), GetParam().fenced);
  }
  EXPECT_GT(step, 1) << "it does something";
}

}  // namespace
}  // namespace reprocess
