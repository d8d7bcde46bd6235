// A launcher over an API server in memory, rows in a SQLite file, and its own keeper at work.
#include "jobs/launch_kubernetes.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "cluster/cluster_for_tests.h"
#include "jobs/ask.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JobsOnKubernetes : public ::testing::Test {
 protected:
  JobsOnKubernetes() {
    std::string name = (fs::temp_directory_path() / "on_kubernetes_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    database_ = *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
    queries_ = database_->NewQueries();
    Launch();
  }
  ~JobsOnKubernetes() override {
    launcher_.reset();
    fs::remove_all(directory_);
  }

  Result<std::unique_ptr<Launcher>> LauncherFor(const std::string& database_url) {
    return LaunchOnKubernetes({.access = cluster_.access(),
                               .values = {.image = "i", .parallelism = 2},
                               .database_url = database_url,
                               .environment = [](const std::string&) { return std::nullopt; },
                               .config = {}},
                              *database_);
  }
  void Launch() {
    launcher_.reset();
    launcher_ = *LauncherFor("postgresql://db/books");
  }
  void Store(const std::string& config, const std::string& job = "j1") {
    Plan plan{
        .job_id = job, .config = config, .total_workers = 3, .files = {}, .begun = Begun::kNot};
    for (int i = 0; i < 3; ++i) plan.files.push_back({{.path = fmt::format("/in/{}", i)}, {}});
    ASSERT_TRUE(queries_->StorePlan(plan));
  }
  Result<void> Start() {
    return launcher_->Start({.job = *StoredPlan("j1", *queries_), .who = "ann", .reason = "outage"},
                            {});
  }
  void StoreAndStart() {
    Store(R"({"destination":{"kind":"kafka","brokers":"b:1","topic":"t"}})");
    const auto started = Start();
    ASSERT_TRUE(started) << started.error().ToString();
  }
  json Spec() {
    const auto job = cluster_.Find("jobs", "reprocess-j1");
    return job ? job->at("spec") : json();
  }
  std::string Phase() {
    return PhaseOf(*ViewJob(*queries_, "j1", Milliseconds(6'000), SystemClock().Wall()));
  }
  static void Await(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "it never comes";
      std::this_thread::sleep_for(Milliseconds(5));
    }
  }

  fs::path directory_;
  FakeCluster cluster_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<Launcher> launcher_;
};

TEST_F(JobsOnKubernetes, AJobStartsWithOnePodAndGrowsWhenItHasCommittedAlsoUnderTheNextLauncher) {
  StoreAndStart();
  EXPECT_EQ(queries_->Job("j1")->status, "running");
  EXPECT_EQ(queries_->Job("j1")->kubernetes->submitted_by, "ann");
  EXPECT_EQ(queries_->Job("j1")->kubernetes->reason, "outage");
  EXPECT_EQ(Spec()["suspend"], false);
  EXPECT_EQ(Spec()["parallelism"], 1);
  EXPECT_TRUE(Start()) << "once more changes nothing";
  EXPECT_EQ(Spec()["parallelism"], 1);
  Launch();
  WorkerRow row;
  row.counters.lines = row.counters.success = 1;
  ASSERT_TRUE(database_->NewWorkerStore()->PutWorker(
      {"j1", 0}, {.id = "o", .host = "h", .generation = 1}, row));
  Await([&] { return Spec()["parallelism"] == 2; });
}

TEST_F(JobsOnKubernetes, WhatAnOperatorAsksForIsCarriedOut) {
  StoreAndStart();
  const auto suspended = launcher_->Suspend("j1", "ann", {});
  ASSERT_TRUE(suspended) << suspended.error().ToString();
  EXPECT_THAT(Phase(), HasSubstr("suspended by ann"));
  Await([&] { return Spec()["suspend"] == true; });
  ASSERT_TRUE(queries_->SetControls("j1", {.paused = true}));
  const auto resumed = launcher_->Resume("j1", "ann", "", {});
  ASSERT_TRUE(resumed) << resumed.error().ToString();
  EXPECT_EQ(Spec()["suspend"], false);
  EXPECT_FALSE(queries_->Controls("j1")->paused) << "a pause ends too";
  EXPECT_TRUE(launcher_->Scale("j1", 3, {}));
  EXPECT_EQ(database_->NewSubmissions()->Find("j1")->value().parallelism, 3);
  EXPECT_EQ(launcher_->Scale("j1", 4, {}).error().code, Code::kInvalid);
  ASSERT_TRUE(launcher_->Cancel("j1", {}));
  EXPECT_EQ(queries_->Job("j1")->status, "cancelled");
  Await([&] { return !cluster_.Find("jobs", "reprocess-j1"); });
  Await([&] { return queries_->Job("j1")->kubernetes->ended; });
  EXPECT_EQ(launcher_->Resume("j1", "ann", "", {}).error().code, Code::kConflict);
}

TEST_F(JobsOnKubernetes, AJobThatHasFailedIsNotMadeAgainWhileAnotherOneSendsItsFiles) {
  const std::string config = R"({"destination":{"kind":"kafka","brokers":"b:1","topic":"t"}})";
  StoreAndStart();
  const auto submissions = database_->NewSubmissions();
  const std::uint64_t held = submissions->Find("j1")->value().generation;
  ASSERT_TRUE(submissions->MarkFailed("j1", held, "why"));
  Await([&] { return queries_->Job("j1")->kubernetes->ended; });
  Store(config, "j2");
  ASSERT_TRUE(queries_->SetStarting("j2", true));
  const auto refused = launcher_->Resume("j1", "ann", "", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_THAT(refused.error().what, HasSubstr("job j2 sends 3 of its files"));
  EXPECT_EQ(queries_->Job("j1")->status, "failed");
  EXPECT_FALSE(cluster_.Find("jobs", "reprocess-j1"));
  ASSERT_TRUE(submissions->Cancel("j2"));
  const auto resumed = launcher_->Resume("j1", "ann", "", {});
  ASSERT_TRUE(resumed) << resumed.error().ToString();
  EXPECT_EQ(queries_->Job("j1")->status, "running");
  EXPECT_EQ(queries_->BeingSent("j2")->size(), 1u);
}

TEST_F(JobsOnKubernetes, PodsThatAreThereAreCountedAndListedAndTheirLogsRead) {
  StoreAndStart();
  cluster_.Merge("jobs", "reprocess-j1",
                 {{"status",
                   {{"active", 1},
                    {"succeeded", 2},
                    {"failed", 3},
                    {"ready", 1},
                    {"startTime", "2026-05-01T00:00:00Z"}}}});
  const auto counts = launcher_->CountsOf("j1", {});
  ASSERT_TRUE(counts && *counts);
  EXPECT_EQ((*counts)->active, 1);
  EXPECT_EQ((*counts)->succeeded, 2);
  EXPECT_EQ((*counts)->failed, 3);
  EXPECT_EQ((*counts)->ready, 1);
  EXPECT_EQ((*counts)->start_time, "2026-05-01T00:00:00Z");
  EXPECT_EQ((*counts)->completion_time, "");
  cluster_.Put("pods", "reprocess-j1-0-x",
               {{"metadata",
                 {{"labels", {{"app", "bulker-reprocessing"}, {"job-id", "j1"}}},
                  {"annotations", {{"batch.kubernetes.io/job-completion-index", "0"}}}}},
                {"status", {{"phase", "Running"}}}});
  const auto pods = launcher_->Pods("j1", {});
  ASSERT_TRUE(pods) << pods.error().ToString();
  ASSERT_THAT(*pods, SizeIs(1));
  EXPECT_EQ(pods->front().name, "reprocess-j1-0-x");
  cluster_.SetLog("reprocess-j1-0-x", "2026-05-01T00:00:01.000000000Z hello\n");
  struct Told final : LogsListener {
    void Line(const JobLogLine& line) override { texts.push_back(line.text); }
    void Note(const std::string&) override {}
    std::vector<std::string> texts;
  } told;
  EXPECT_TRUE(launcher_->ReadLogs({.job_id = "j1"}, told, false, {}).value());
  EXPECT_THAT(told.texts, ElementsAre("hello"));
  EXPECT_EQ(launcher_->ReadLogs({.job_id = "nobody"}, told, false, {}).error().code,
            Code::kNotFound);
  cluster_.Remove("jobs", "reprocess-j1");
  EXPECT_FALSE(launcher_->CountsOf("j1", {})->has_value());
}

TEST_F(JobsOnKubernetes, WhatCannotRunThereIsRefusedBeforeItIsStarted) {
  EXPECT_EQ(LauncherFor((directory_ / "jobs.db").string()).error().code, Code::kInvalid)
      << "pods cannot share a file";
  Store(R"({"destination":{"kind":"files","directory":"/out"}})");
  EXPECT_EQ(launcher_->Check(*StoredPlan("j1", *queries_), {}).error().code, Code::kInvalid);
  EXPECT_FALSE(Start());
  EXPECT_EQ(launcher_->Suspend("j1", "ann", {}).error().code, Code::kConflict);
  EXPECT_EQ(launcher_->Scale("nobody", 1, {}).error().code, Code::kNotFound);
  EXPECT_EQ(launcher_->Release("j1", 0, {}).error().code, Code::kConflict);
  EXPECT_THAT(cluster_.writes(), IsEmpty());
}

TEST_F(JobsOnKubernetes, WhatThereIsToThinkAboutIsToldAndNothingIsMade) {
  Store(R"({"destination":{"kind":"none"}})");
  const auto told = launcher_->Check(*StoredPlan("j1", *queries_), {});
  ASSERT_TRUE(told) << told.error().ToString();
  EXPECT_THAT(*told, ElementsAre(HasSubstr("local paths")));
  EXPECT_FALSE(cluster_.Find("jobs", "reprocess-j1"));
  EXPECT_TRUE(launcher_->Reachable({}));
}

}  // namespace
}  // namespace reprocess
