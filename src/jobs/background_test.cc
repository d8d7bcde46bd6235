// What is done for somebody who does not wait for it: plans, starts, retries, verifications.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "jobs/launcher_for_tests.h"
#include "jobs/planner.h"
#include "jobs/retry_job.h"
#include "jobs/start_job.h"
#include "jobs/use_cases_for_tests.h"
#include "jobs/verifications.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Kind = PlanState::Kind;

class Background : public UseCases {
 protected:
  PlanJobRequest PlanOf(const std::string& path, const std::string& id = "job") const {
    PlanJobRequest request;
    request.plan.source.paths = {path};
    request.plan.job_id = id;
    request.plan.given = Request().given;
    request.plan.destination = *Request().destination;
    request.plan.shards = 0;
    return request;
  }
  static PlanState Await(Planner& planner, const std::string& id) {
    for (;;) {
      const auto state = planner.StateOf(id);
      if (!state) {
        ADD_FAILURE() << state.error().ToString();
        return {};
      }
      if (state->kind != Kind::kPlanning && !state->checking) return *state;
      std::this_thread::yield();
    }
  }
  // A job of Kafka's topic "t" that has these files.
  void StoreForKafka(const std::string& id, Begun begun) {
    Plan plan{.job_id = id,
              .config = R"({"destination":{"kind":"kafka","brokers":"b","topic":"t"}})",
              .files = {},
              .begun = begun};
    plan.files.push_back(
        {{.path = "/in/a.ndjson", .size = objects_.at("/in/a.ndjson").size()}, {}});
    const auto stored = queries_->StorePlan(plan);
    ASSERT_TRUE(stored) << stored.error().ToString();
  }
  Result<void> Start(const std::string& id, bool again) {
    StartRequest request{
        .job = *StoredPlan(id, *database_->NewQueries()), .who = "ann", .reason = {}};
    request.again = again;
    return StartJob(request, {}, {}, launcher_, world_, {});
  }

  const World world_ = TheWorld();
  IdleLauncher launcher_;
};

TEST_F(Background, APlanIsKnownByItsIdAtOnceAndIsReadyWhenItIsStored) {
  Planner planner(world_, launcher_, {});
  EXPECT_EQ(planner.Begin(PlanOf("/in")), "job");
  const PlanState state = Await(planner, "job");
  ASSERT_EQ(state.kind, Kind::kReady);
  EXPECT_EQ(state.job->plan.files.size(), 2U);
  ASSERT_TRUE(state.sample);
  EXPECT_EQ(state.sample->lines, 4U);
  EXPECT_EQ(StoredPlan("job", *queries_)->hash, state.job->hash);
  EXPECT_EQ(planner.StateOf("nobody").error().code, Code::kNotFound);
  ASSERT_TRUE(queries_->TakeUpPlan("job", state.job->plan.config));
  EXPECT_EQ(planner.StateOf("job")->kind, Kind::kStarted);
}

TEST_F(Background, APlanIsFoundAgainByThePlannerOfAnotherProcess) {
  {
    Planner planner(world_, launcher_, {});
    ASSERT_TRUE(planner.Begin(PlanOf("/in")));
    EXPECT_EQ(Await(planner, "job").kind, Kind::kReady);
  }
  launcher_.check = std::vector<std::string>{"think about it"};
  Planner planner(world_, launcher_, {});
  const PlanState state = Await(planner, "job");
  EXPECT_EQ(state.kind, Kind::kReady);
  EXPECT_TRUE(state.sample) << "and sampled again";
  EXPECT_THAT(state.warnings, ElementsAre("think about it"));
}

TEST_F(Background, APlanIsRefusedWhereThereIsNothingOrTheLauncherCannotRunIt) {
  Planner planner(world_, launcher_, {});
  ASSERT_TRUE(planner.Begin(PlanOf("/nowhere", "empty")));
  EXPECT_EQ(Await(planner, "empty").kind, Kind::kRefused);
  launcher_.check = Invalid("run it: not there");
  ASSERT_TRUE(planner.Begin(PlanOf("/in")));
  const PlanState state = Await(planner, "job");
  EXPECT_EQ(state.kind, Kind::kRefused);
  EXPECT_EQ(state.error->what, "run it: not there");
}

TEST_F(Background, WhoeverLooksAtManyPlansKeepsNobodyFromPlanning) {
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) StoreForKafka(ids.emplace_back(fmt::format("p{}", i)), Begun::kNot);
  Planner planner(world_, launcher_, {});
  {
    std::vector<std::jthread> viewers;
    for (int i = 0; i < 3; ++i) {
      viewers.emplace_back([&] {
        for (const std::string& id : ids) EXPECT_EQ(planner.StateOf(id)->kind, Kind::kReady);
      });
    }
    EXPECT_TRUE(planner.Begin(PlanOf("/in")));
  }
  for (const std::string& id : ids) EXPECT_TRUE(Await(planner, id).sample) << id;
  EXPECT_EQ(Await(planner, "job").kind, Kind::kReady);
}

TEST_F(Background, AStartThatFailsLeavesItsFilesToOthers) {
  for (const char* id : {"first", "second"}) StoreForKafka(id, Begun::kNot);
  launcher_.start = Fatal("start it: not now");
  EXPECT_FALSE(Start("first", true));
  launcher_.start = {};
  EXPECT_TRUE(Start("second", true)) << "which the first one does not have";
  const auto refused = Start("first", true);
  ASSERT_FALSE(refused) << "the second is being started, though it has not begun";
  EXPECT_EQ(refused.error().code, Code::kConflict);
}

TEST_F(Background, FilesThatAnotherJobIsSendingAreNeverSentBesideIt) {
  StoreForKafka("first", Begun::kHere);
  StoreForKafka("second", Begun::kNot);
  for (const bool again : {false, true}) {
    const auto started = Start("second", again);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, Code::kConflict);
    EXPECT_THAT(started.error().what, HasSubstr("job first sends 1 of its files"));
  }
  EXPECT_THAT(launcher_.started, IsEmpty());
}

TEST_F(Background, OfTwoThatAreStartedAtOnceWithTheSameFilesOneIsRefused) {
  for (const char* id : {"first", "second"}) StoreForKafka(id, Begun::kNot);
  launcher_.begin = [&](const std::string& id) {
    const auto queries = database_->NewQueries();
    EXPECT_TRUE(queries->TakeUpPlan(id, (**queries->LoadPlan(id)).config));
  };
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (const char* id : {"first", "second"}) {
      threads.emplace_back([&, id] { refused += Start(id, true) ? 0 : 1; });
    }
  }
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(launcher_.started.size(), 1U);
}

TEST_F(Background, WhatAnEarlierJobHasSentIsSentOnceMoreOnlyWhereThatIsMeant) {
  StoreForKafka("first", Begun::kHere);
  const auto books = database_->NewWorkerStore();
  const Owner owner{.id = "o", .host = "h", .generation = 1};
  ASSERT_TRUE(books->Claim({"first", 0}, Mode::kExactlyOnce, owner, "rp1", {}));
  FileRow sent;
  sent.path = "/in/a.ndjson";
  sent.state = FileState::kReading;
  sent.counters.lines = sent.counters.success = 1;
  ASSERT_TRUE(books->Store({"first", 0}, owner, {}, std::span(&sent, 1)));
  ASSERT_TRUE(database_->NewSubmissions()->Cancel("first"));
  StoreForKafka("second", Begun::kNot);
  const auto refused = Start("second", false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kReplayed);
  const auto meant = Start("second", true);
  EXPECT_TRUE(meant) << meant.error().ToString();
  EXPECT_THAT(launcher_.started, ElementsAre("second"));
}

TEST_F(Background, ARetryIsAPlanOfItsOwnThatNobodyHasBegun) {
  EXPECT_EQ(Run(Request()), Outcome::kUnsentLines);
  RetryJobRequest request;
  request.retry.job_id = "job";
  request.job_id = "again";
  const auto planned = RetryPlanned(request, world_, {});
  ASSERT_TRUE(planned) << planned.error().ToString();
  EXPECT_EQ(planned->plan.begun, Begun::kNot);
  EXPECT_EQ(planned->plan.files.size(), 1U);
  EXPECT_EQ(queries_->Job("again")->status, "pending");
  EXPECT_THAT(*queries_->RetriesOf("job"), ElementsAre("again"));
  request.retry.job_id = "nobody";
  EXPECT_EQ(RetryPlanned(request, world_, {}).error().code, Code::kNotFound);
}

TEST_F(Background, AVerificationThatCannotBeMadeSaysWhyAndOneOfNobodyIsNotFound) {
  EXPECT_EQ(Run(Request()), Outcome::kUnsentLines);
  Verifications verifications(world_, {}, {});
  EXPECT_EQ(verifications.StateOf("job")->kind, VerificationState::Kind::kNone);
  ASSERT_TRUE(verifications.Start("job"));
  VerificationState state;
  do {
    state = *verifications.StateOf("job");
  } while (state.kind == VerificationState::Kind::kRunning);
  EXPECT_EQ(state.kind, VerificationState::Kind::kFailed);
  EXPECT_EQ(state.error->code, Code::kUnsupported);
  EXPECT_EQ(verifications.Start("nobody").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace reprocess
