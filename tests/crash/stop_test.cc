// SIGTERM: what is in flight is committed or abandoned, and a restart goes on.
#include "crash/every_step.h"

namespace reprocess::test {
namespace {

void TwoFiles(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".gnoggLgg");
  world.BreakInsideLine("a", 3, 1);
}

// Whatever it was doing, it ends as asked within drain_timeout, and the next one completes.
void StopAtEveryStep(const Scenario& scenario) {
  AtEveryStep(scenario, "", [](FakeWorld& world, int step) {
    std::stop_source stop;
    SteadyTime asked_at{};
    world.next().At(step, When::kBefore, [&] {
      stop.request_stop();
      asked_at = world.clock.Now();
    });
    const auto ended = world.RunWorker(stop.get_token());
    ASSERT_TRUE(ended && *ended) << (ended ? ended->error().ToString() : "");
    EXPECT_LE(world.clock.Now() - asked_at, world.settings.drain_timeout + Milliseconds(1'000));
    if (world.broker.commit_faults.empty()) {  // else a commit may still be on its way
      EXPECT_EQ(world.broker.open_records(), 0u);
    }
    if ((*ended)->end == Outcome::kComplete) return ExactlyOnce(world);
    EXPECT_EQ((*ended)->end, Outcome::kStopped);
    EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
    ExactlyOnce(world);
  });
}

TEST(Stop, AtAnyStepARestartCompletesExactlyOnce) {
  StopAtEveryStep(TwoFiles);
}

TEST(Stop, WhileRefusedRecordsAreLookedForNothingStaleIsCommitted) {
  for (const bool probe : {true, false}) {
    StopAtEveryStep([probe](FakeWorld& world) {
      world.AddFile("a", "ggrgbggrgg");
      world.AddFile("b", "grg");
      world.settings.commit_lines = 0;
      world.broker.has_probe = probe;
    });
  }
}

TEST(Stop, WhatWasReadIsCommitted) {
  FakeWorld world;
  world.AddFile("a", "gg.g");
  world.settings.commit_lines = 0;
  std::stop_source stop;
  int step = 0;
  for (const std::string& name : StepsOf([](FakeWorld& other) {
         other.AddFile("a", "gg.g");
         other.settings.commit_lines = 0;
       })) {
    ++step;
    if (name == "sink.Produce") break;
  }
  world.next().At(step, When::kAfter, [&] { stop.request_stop(); });
  const auto ended = world.RunWorker(stop.get_token());
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->end, Outcome::kStopped);
  EXPECT_EQ(world.Delivered().size(), 3u);
  EXPECT_EQ((*ended)->checkpoint.shard.success, 3u);
}

TEST(Stop, OnTheWayBackFromALostTransactionNothingStaleIsCommitted) {
  for (const CommitFault fault :
       {CommitFault::kLost, CommitFault::kLostMade, CommitFault::kLostMadeLate, CommitFault::kSlow,
        CommitFault::kSlowMade}) {
    for (int commit = 2; commit <= 5; ++commit) {
      SCOPED_TRACE(testing::Message()
                   << "commit " << commit << ", fault " << static_cast<int>(fault));
      StopAtEveryStep([&](FakeWorld& world) {
        TwoFiles(world);
        world.broker.commit_faults[commit] = fault;
      });
    }
  }
}

TEST(Stop, WhileABrokerRefusesARecord) {
  StopAtEveryStep([](FakeWorld& world) {
    world.AddFile("a", "ggrgbg.ggtgg");
    world.settings.commit_lines = 8;
  });
}

TEST(Stop, WhileTheBrokerDoesNotAnswerACommit) {
  FakeWorld world;
  TwoFiles(world);
  for (int commit = 3; commit < 3'000; ++commit) {
    world.broker.commit_faults[commit] = CommitFault::kSlow;
  }
  std::stop_source stop;
  int step = 0, commits = 0;
  for (const std::string& name : StepsOf(TwoFiles)) {
    ++step;
    if (name == "sink.Commit" && ++commits == 3) break;
  }
  world.next().At(step, When::kAfter, [&] { stop.request_stop(); });
  const SteadyTime before = world.clock.Now();
  const auto ended = world.RunWorker(stop.get_token());
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->end, Outcome::kStopped);
  EXPECT_LE(world.clock.Now() - before, world.settings.drain_timeout + Milliseconds(3'000));
  world.broker.commit_faults.clear();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

}  // namespace
}  // namespace reprocess::test
