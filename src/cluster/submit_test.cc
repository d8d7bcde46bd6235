// Submissions to an API server in memory, rows in a SQLite file; cut off at every step.
#include "cluster/submit.h"

#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "cluster/cluster_for_tests.h"
#include "cluster/names.h"
#include "config/text_stream.h"
#include "plan/plan_config.h"
#include "plan/stored_list.h"
#include "store/database.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Submitting : public ::testing::Test {
 protected:
  Submitting() {
    std::string name = (fs::temp_directory_path() / "submit_XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    Begin();
  }
  ~Submitting() override { fs::remove_all(directory_); }

  // All anew: a planned job, and a cluster without objects.
  void Begin() {
    fs::remove(directory_ / "jobs.db");
    cluster_ = std::make_unique<FakeCluster>();
    database_ = *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
    queries_ = database_->NewQueries();
    submissions_ = database_->NewSubmissions();
    ASSERT_TRUE(queries_->StorePlan(ThePlan()));
    material_ = Material();
  }
  static Plan ThePlan() {
    Plan plan{.job_id = "j1",
              .config = R"({"destination":{"kind":"kafka","brokers":"b:1","topic":"t"}})",
              .total_workers = 3,
              .files = {},
              .begun = Begun::kNot};
    for (int i = 0; i < 3; ++i) plan.files.push_back({{.path = fmt::format("/in/{}", i)}, {}});
    return plan;
  }
  JobMaterial Material() const {
    const Environment environment = [](const std::string& name) -> std::optional<std::string> {
      if (name == "DATABASE_URL") return "postgresql://db";
      return std::nullopt;
    };
    return *MaterialOf(ThePlan(), {.image = "i"}, environment, *database_->NewPlanLists());
  }

  Result<Submission> SubmitIt(Take take = Take::kUnended) {
    KubeApi api(cluster_->access(), WorldOf(clock_));
    return Submit({.material = material_,
                   .plan_hash = "h",
                   .submitted_by = "ann",
                   .reason = "r",
                   .take = take},
                  {api, *submissions_, "c1"}, {});
  }
  json Job() { return cluster_->Find("jobs", "reprocess-j1").value_or(json()); }
  std::string Status() { return queries_->Job("j1")->status; }

  // Of a job that runs, once.
  void ExpectStarted() {
    const std::string uid = TextAt(Job(), {"metadata", "uid"});
    EXPECT_THAT(cluster_->Names("jobs"), ElementsAre("reprocess-j1"));
    EXPECT_THAT(cluster_->Names("configmaps"),
                ElementsAre("reprocess-j1-config", "reprocess-j1-files"));
    EXPECT_THAT(cluster_->Names("secrets"), ElementsAre("reprocess-j1-credentials"));
    for (const char* plural : {"configmaps", "secrets"}) {
      for (const std::string& name : cluster_->Names(plural)) {
        EXPECT_EQ(cluster_->Find(plural, name)->at("metadata").at("ownerReferences")[0]["uid"], uid)
            << name;
      }
    }
    EXPECT_EQ(Job()["spec"]["suspend"], false);
    EXPECT_EQ(Job()["spec"]["parallelism"], 1);
    EXPECT_EQ(submissions_->Find("j1")->value().job_uid, uid);
    EXPECT_EQ(Status(), "running");
  }
  void ExpectNothing() {
    for (const char* plural : {"jobs", "configmaps", "secrets"}) {
      EXPECT_THAT(cluster_->Names(plural), IsEmpty()) << plural;
    }
  }

  // Runs `work` before the server answers call `number`; how many there were.
  int SubmitWith(int number, const std::function<std::optional<Reply>()>& work,
                 Result<Submission>* result = nullptr) {
    int calls = 0;
    cluster_->Intercept([&](const std::string&, const std::string&) -> std::optional<Reply> {
      return ++calls == number ? work() : std::nullopt;
    });
    auto submitted = SubmitIt();
    cluster_->Intercept({});
    if (result != nullptr) *result = std::move(submitted);
    return calls;
  }

  fs::path directory_;
  HastyClock clock_;
  std::unique_ptr<FakeCluster> cluster_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Queries> queries_;
  std::unique_ptr<Submissions> submissions_;
  JobMaterial material_;
};

TEST_F(Submitting, PodsMayStartOnceAllThatTheyNeedIsThere) {
  const auto submitted = SubmitIt();
  ASSERT_TRUE(submitted) << submitted.error().ToString();
  EXPECT_THAT(cluster_->writes(), ElementsAre("POST jobs", "POST configmaps", "POST configmaps",
                                              "POST secrets", "PATCH jobs/reprocess-j1"));
  ExpectStarted();
  const Submission row = submissions_->Find("j1")->value();
  EXPECT_EQ(row.parallelism, 3);
  EXPECT_EQ(row.options, R"({"image":"i"})");
  EXPECT_EQ(row.plan_hash, "h");
  EXPECT_EQ(row.submitted_by, "ann");
}

TEST_F(Submitting, CutOffAtAnyCallItIsFinishedByItsRepetition) {
  const int calls = SubmitWith(0, [] { return std::nullopt; });
  ASSERT_GE(calls, 5);
  for (int call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    Begin();
    Result<Submission> cut;
    SubmitWith(call, [] { return Answered("500 Internal Server Error", ""); }, &cut);
    EXPECT_FALSE(cut);
    EXPECT_EQ(cut.error().remedy, Remedy::kWait);
    const auto again = SubmitIt();
    ASSERT_TRUE(again) << again.error().ToString();
    ExpectStarted();
  }
}

TEST_F(Submitting, AnAnswerThatIsLostIsNoDifference) {
  const int calls = SubmitWith(0, [] { return std::nullopt; });
  for (int call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    Begin();
    int count = 0;
    cluster_->InterceptAnswers([&](const Reply&) -> std::optional<Reply> {
      if (++count != call) return std::nullopt;
      return Answered("500 Internal Server Error", "");
    });
    EXPECT_FALSE(SubmitIt());
    cluster_->InterceptAnswers({});
    const auto again = SubmitIt();
    ASSERT_TRUE(again) << again.error().ToString();
    ExpectStarted();
  }
}

TEST_F(Submitting, OfTwoAtOnceTheSecondWinsAtAnyStep) {
  const int calls = SubmitWith(0, [] { return std::nullopt; });
  for (int call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    Begin();
    Result<Submission> first;
    SubmitWith(
        call,
        [&]() -> std::optional<Reply> {
          EXPECT_TRUE(database_->NewSubmissions()->Begin(
              {.job_id = "j1", .cluster = "c1", .name_space = "team"}, Take::kUnended));
          return std::nullopt;
        },
        &first);
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().remedy, Remedy::kFenced);
    const auto second = SubmitIt();
    ASSERT_TRUE(second) << second.error().ToString();
    ExpectStarted();
  }
}

TEST_F(Submitting, CancelledMeanwhileNothingIsLeft) {
  const int calls = SubmitWith(0, [] { return std::nullopt; });
  for (int call = 1; call <= calls; ++call) {
    SCOPED_TRACE(call);
    Begin();
    std::optional<Submission> cancelled;
    Result<Submission> first;
    SubmitWith(
        call,
        [&]() -> std::optional<Reply> {
          cancelled = *database_->NewSubmissions()->Cancel("j1");
          return std::nullopt;
        },
        &first);
    ASSERT_FALSE(first);
    ASSERT_TRUE(cancelled);
    ExpectNothing();
    EXPECT_EQ(Status(), "cancelled");
    EXPECT_EQ(SubmitIt().error().code, Code::kConflict) << "that is final";
    ExpectNothing();
  }
}

TEST_F(Submitting, WhatIsThereOfAnEarlierTryIsReplaced) {
  cluster_->Put("configmaps", "reprocess-j1-files", {{"data", {{"total_files", "999"}}}});
  cluster_->Put("secrets", "reprocess-j1-credentials", {{"data", json::object()}});
  cluster_->Put("jobs", "reprocess-j1", {{"spec", {{"suspend", true}}}});
  const auto submitted = SubmitIt();
  ASSERT_TRUE(submitted) << submitted.error().ToString();
  ExpectStarted();
  EXPECT_EQ(cluster_->Find("configmaps", "reprocess-j1-files")->at("data").at("total_files"), "3");
}

TEST_F(Submitting, AJobThatRunsAndIsNotOursIsLeftAlone) {
  cluster_->Put("jobs", "reprocess-j1", {{"spec", {{"suspend", false}}}});
  const auto submitted = SubmitIt();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, Code::kConflict);
  EXPECT_THAT(submitted.error().what, HasSubstr("which this database does not know"));
  EXPECT_THAT(cluster_->writes(), ElementsAre("POST jobs"));
  EXPECT_EQ(Status(), "pending");
}

TEST_F(Submitting, AJobWhoseObjectsWerePrintedIsLeftToWhoeverMakesThem) {
  ASSERT_TRUE(submissions_->Begin({.job_id = "j1",
                                   .cluster = "c1",
                                   .name_space = "team",
                                   .options = "{}",
                                   .phase = std::string(kSubmittedOutside)},
                                  Take::kUnended));
  const auto submitted = SubmitIt();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, Code::kConflict);
  EXPECT_EQ(submissions_->Find("j1")->value().phase, kSubmittedOutside);
  ExpectNothing();
}

TEST_F(Submitting, AJobThatHasBeenStartedIsLeftAsItIs) {
  ASSERT_TRUE(SubmitIt());
  cluster_->Merge("jobs", "reprocess-j1", {{"spec", {{"parallelism", 3}}}});
  const auto writes = cluster_->writes().size();
  ASSERT_TRUE(SubmitIt());
  EXPECT_EQ(cluster_->writes().size(), writes + 1) << "it asks by creating it";
  EXPECT_EQ(Job()["spec"]["parallelism"], 3);
}

TEST_F(Submitting, UnderKueueTheQueueLetsItGo) {
  material_.values.queue = "batch";
  ASSERT_TRUE(SubmitIt());
  EXPECT_EQ(Job()["spec"]["suspend"], true);
  EXPECT_EQ(Job()["spec"]["parallelism"], 3);
  EXPECT_EQ(Job()["metadata"]["labels"][std::string(kQueueLabel)], "batch");
}

TEST_F(Submitting, AnExistingSecretIsNotCopied) {
  material_.values.existing_secret = "mine";
  ASSERT_TRUE(SubmitIt());
  EXPECT_THAT(cluster_->Names("secrets"), IsEmpty());
}

TEST_F(Submitting, AMissingRightIsToldAndNothingHasStarted) {
  cluster_->Intercept([](const std::string& method, const std::string& target) {
    return method == "POST" && target == "secrets"
               ? std::optional<Reply>(Refused(
                     "403 Forbidden", "User \\\"u\\\" cannot create resource \\\"secrets\\\""))
               : std::nullopt;
  });
  const auto submitted = SubmitIt();
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, Code::kNotAuthorized);
  EXPECT_THAT(submitted.error().hint, HasSubstr(R"(resources: ["secrets"], verbs: ["create"])"));
  EXPECT_EQ(Job()["spec"]["suspend"], true);
  EXPECT_EQ(Status(), "pending");
}

TEST_F(Submitting, AnOldServerIsFoundByWhatItDrops) {
  KubeApi api(cluster_->access(), WorldOf(clock_));
  EXPECT_EQ(AskServer(material_, api, {})->rules, JobRules::kPerShard);
  EXPECT_THAT(cluster_->Names("jobs"), IsEmpty());
  json answered = json::parse(JobText(material_, Start::kSuspended));
  answered["spec"].erase("podFailurePolicy");
  cluster_->Intercept([&](const std::string&, const std::string&) {
    return std::optional<Reply>(
        Answered("201 Created", answered.dump(), "Warning: 299 - \"would violate\"\r\n"));
  });
  const auto old = AskServer(material_, api, {});
  ASSERT_TRUE(old) << old.error().ToString();
  EXPECT_EQ(old->rules, JobRules::kOld);
  EXPECT_THAT(old->warnings,
              ElementsAre("would violate",
                          HasSubstr("older than 1.29 and does not know spec.podFailurePolicy")));
  answered["spec"].erase("template");
  EXPECT_EQ(AskServer(material_, api, {}).error().code, Code::kUnsupported);
}

TEST_F(Submitting, AJobOfFilesOfThisMachineIsRefused) {
  Plan plan = ThePlan();
  plan.config = R"({"destination":{"kind":"files","directory":"/out"}})";
  const auto lists = database_->NewPlanLists();
  EXPECT_EQ(MaterialOf(plan, {}, {}, *lists).error().code, Code::kInvalid);
  plan = ThePlan();
  plan.job_id = "No host name";
  EXPECT_EQ(MaterialOf(plan, {}, {}, *lists).error().code, Code::kInvalid);
}

TEST_F(Submitting, AListThatNoConfigMapTakesIsInTheDatabaseForItsWorkers) {
  const auto lists = database_->NewPlanLists();
  const auto environment = [](const std::string&) { return std::optional<std::string>("x:1"); };
  const auto material =
      MaterialOf(ThePlan(), {.image = "i", .existing_secret = "s"}, environment, *lists, 10);
  ASSERT_TRUE(material) << material.error().ToString();
  EXPECT_EQ(material->total_files, 3u);
  TextStream text(BytesOf(material->files)());
  const std::string mounted{std::istreambuf_iterator<char>(&text), {}};
  const auto list = ParseStoredList(mounted);
  ASSERT_TRUE(list && *list) << mounted;
  const auto share = ReadShare("j1", 2, **list, {}, *lists);
  ASSERT_TRUE(share) << share.error().ToString();
  ASSERT_EQ(share->files.size(), 1u);
  EXPECT_EQ(share->files[0].path, "/in/2");
}

TEST_F(Submitting, AJobThatAnEarlierWorkerWouldMisreadSaysWhatAWorkerMustKnow) {
  const auto lists = database_->NewPlanLists();
  const auto environment = [](const std::string&) { return std::optional<std::string>("x:1"); };
  Plan plan = ThePlan();
  const auto mounted = [&](std::size_t most_bytes) {
    const auto material =
        MaterialOf(plan, {.image = "i", .existing_secret = "s"}, environment, *lists, most_bytes);
    if (!material) return material.error().ToString();
    TextStream text(BytesOf(material->files)());
    return std::string{std::istreambuf_iterator<char>(&text), {}};
  };
  EXPECT_TRUE(mounted(kMostListBytes).starts_with("[{"));
  plan.config = R"({"only_connections":["c"],"stream_connections":{"s":["c"]},)"
                R"("destination":{"kind":"kafka","brokers":"k:1","topic":"t"}})";
  EXPECT_TRUE(
      mounted(kMostListBytes).starts_with(R"({"requires":["only_connections"],"files":[{)"));
  EXPECT_TRUE(mounted(10).starts_with(R"({"requires":["only_connections"],"files":{"plan":)"));
}

TEST_F(Submitting, MorePodsStartOnceTheFirstShardHasShownThatItWorks) {
  const auto growth = [](WorkerStatus status, std::uint64_t lines, std::vector<int> exits,
                         int restarts = 0) {
    ShardSummary shard;
    shard.status = status;
    shard.worker.counters.lines = lines;
    std::vector<SeenPod> pods;
    for (const int exit : exits) pods.push_back({.exit_code = exit});
    pods.push_back({.restarts = restarts});
    return GrowthOf(std::span(&shard, 1), pods);
  };
  EXPECT_EQ(growth(WorkerStatus::kRunning, 0, {}), Growth::kWait);
  EXPECT_EQ(growth(WorkerStatus::kRunning, 1, {}), Growth::kRaise);
  EXPECT_EQ(growth(WorkerStatus::kCompleted, 0, {}), Growth::kRaise);
  EXPECT_EQ(growth(WorkerStatus::kRunning, 0, {0}), Growth::kRaise);
  EXPECT_EQ(growth(WorkerStatus::kFailed, 0, {2}), Growth::kRaise);
  EXPECT_EQ(growth(WorkerStatus::kFailed, 0, {1}), Growth::kWait);
  EXPECT_EQ(growth(WorkerStatus::kFailed, 0, {1, 1}), Growth::kGiveUp);
  EXPECT_EQ(growth(WorkerStatus::kRunning, 0, {137, 139}), Growth::kGiveUp);
  EXPECT_EQ(growth(WorkerStatus::kFailed, 0, {}, 2), Growth::kGiveUp);
  EXPECT_EQ(growth(WorkerStatus::kRunning, 1, {1, 1}), Growth::kRaise);
  EXPECT_EQ(growth(WorkerStatus::kRunning, 0, {4, 3}), Growth::kWait);
  ShardSummary shard;
  shard.worker.counters.lines = 1'000;
  shard.status = WorkerStatus::kFailed;
  shard.worker.error = "failed for good (max_errors): 9 of 10 lines";
  EXPECT_EQ(GrowthOf(std::span(&shard, 1), {}), Growth::kGiveUp);
}

class Growing : public Submitting {
 protected:
  Growing() { row_ = *SubmitIt(); }
  void PutPod(const std::string& name, int exit) {
    cluster_->Put(
        "pods", name,
        {{"metadata", {{"labels", {{"app", kAppLabel}, {"job-id", "j1"}}}}},
         {"status",
          {{"containerStatuses",
            {{{"name", kWorkerContainer}, {"state", {{"terminated", {{"exitCode", exit}}}}}}}}}}});
  }
  void PutWorker(WorkerStatus status, std::uint64_t lines, const std::string& error) {
    WorkerRow row;
    row.status = status;
    row.counters.lines = row.counters.success = lines;
    row.error = error;
    ASSERT_TRUE(database_->NewWorkerStore()->PutWorker({"j1", 0}, {"o", "h", 1}, row));
  }
  Result<void> Grow(const std::function<void(const std::string&)>& waits) {
    KubeApi api(cluster_->access(), WorldOf(clock_));
    return GrowOnceSafe(row_, {api, *submissions_, "c1"}, *queries_, waits, {});
  }

  Submission row_;
};

TEST_F(Growing, TheFirstCommitLetsAllStart) {
  std::vector<std::string> told;
  const auto grown = Grow([&](const std::string& what) {
    told.push_back(what);
    PutWorker(WorkerStatus::kRunning, 1, "");
  });
  ASSERT_TRUE(grown) << grown.error().ToString();
  EXPECT_EQ(Job()["spec"]["parallelism"], 3);
  EXPECT_THAT(told, ElementsAre("the first pod"));
}

TEST_F(Growing, AFirstShardThatFailsTwiceSuspendsTheJob) {
  PutPod("reprocess-j1-0-a", 1);
  PutPod("reprocess-j1-0-b", 1);
  PutWorker(WorkerStatus::kFailed, 0, "no such topic");
  const auto grown = Grow([](const std::string&) {});
  ASSERT_FALSE(grown);
  EXPECT_THAT(grown.error().what, HasSubstr("no such topic"));
  EXPECT_EQ(Job()["spec"]["suspend"], true);
  EXPECT_EQ(Job()["spec"]["parallelism"], 1);
  EXPECT_EQ(queries_->Job("j1")->status, "failed");
  EXPECT_EQ(queries_->Job("j1")->error, "no such topic");
  EXPECT_TRUE(submissions_->Find("j1")->value().suspended);
}

TEST_F(Growing, AJobThatIsDeletedMeanwhileIsWaitedForNoLonger) {
  const auto grown = Grow([&](const std::string&) { cluster_->Remove("jobs", "reprocess-j1"); });
  ASSERT_FALSE(grown);
  EXPECT_THAT(grown.error().what, HasSubstr("not in Kubernetes any more"));
}

TEST_F(Growing, AJobThatFailsMeanwhileIsToldWithWhy) {
  const auto grown = Grow([&](const std::string&) {
    cluster_->Merge("jobs", "reprocess-j1", json::parse(R"({"status":{"conditions":[
        {"type":"Failed","status":"True","reason":"TooLate"}]}})"));
  });
  ASSERT_FALSE(grown);
  EXPECT_THAT(grown.error().what, HasSubstr("has ended: TooLate"));
}

TEST_F(Growing, AJobThatIsCancelledIsNotGrown) {
  const auto grown = Grow([&](const std::string&) { ASSERT_TRUE(submissions_->Cancel("j1")); });
  EXPECT_TRUE(grown);
  EXPECT_EQ(Job()["spec"]["parallelism"], 1);
}

TEST_F(Growing, AFailedJobGoesOnUnderItsIdWithObjectsMadeAnew) {
  ASSERT_TRUE(submissions_->MarkFailed("j1", row_.generation, "x"));
  EXPECT_EQ(SubmitIt().error().code, Code::kConflict);
  cluster_->Merge("jobs", "reprocess-j1", {{"spec", {{"suspend", true}}}});
  const auto again = SubmitIt(Take::kFailed);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_NE(again->job_uid, row_.job_uid);
  EXPECT_FALSE(again->suspended);
  ExpectStarted();
}

}  // namespace
}  // namespace reprocess
