// Commits whose answer is late, lost, or no.
#include "crash/every_step.h"

namespace reprocess::test {
namespace {

constexpr CommitFault kFaults[] = {CommitFault::kLost, CommitFault::kLostMade,
                                   CommitFault::kLostMadeLate, CommitFault::kSlow,
                                   CommitFault::kSlowMade};

void TwoFiles(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".gnoggLgg");
}

int CommitsOf(const Scenario& scenario) {
  FakeWorld world;
  scenario(world);
  world.RunToItsEnd();
  return world.broker.commits;
}

// The claim's too.
TEST(LostCommit, AnyCommitMayFailInAnyWay) {
  for (int commit = 1, last = CommitsOf(TwoFiles); commit <= last; ++commit) {
    for (const CommitFault fault : kFaults) {
      SCOPED_TRACE(testing::Message()
                   << "commit " << commit << ", fault " << static_cast<int>(fault));
      FakeWorld world;
      TwoFiles(world);
      world.broker.commit_faults[commit] = fault;
      EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
      ExactlyOnce(world);
    }
  }
}

TEST(LostCommit, AndTheWorkerMayDieAtAnyStepOfTheWayBack) {
  const int last = CommitsOf(TwoFiles);
  for (const CommitFault fault : kFaults) {
    for (int commit = 1 + static_cast<int>(fault) % 3; commit <= last; commit += 3) {
      SCOPED_TRACE(testing::Message()
                   << "commit " << commit << ", fault " << static_cast<int>(fault));
      KillAtEveryStep([&](FakeWorld& world) {
        TwoFiles(world);
        world.broker.commit_faults[commit] = fault;
      });
    }
  }
}

TEST(LostCommit, ThreeInARowAreAsGood) {
  for (const CommitFault fault : kFaults) {
    SCOPED_TRACE(static_cast<int>(fault));
    FakeWorld world;
    TwoFiles(world);
    for (int commit = 3; commit < 6; ++commit) world.broker.commit_faults[commit] = fault;
    EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
    ExactlyOnce(world);
  }
}

TEST(LostCommit, ARetriableOneIsCalledAgainAndNeverReplacedByAnAbort) {
  FakeWorld world;
  TwoFiles(world);
  for (int commit = 3; commit < 20; ++commit) {
    world.broker.commit_faults[commit] = CommitFault::kSlow;
  }
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
  for (const FakeRecord& record : world.broker.records) {
    EXPECT_EQ(record.state, RecordState::kCommitted);
  }
}

TEST(LostCommit, WithoutOneForKafkaTimeoutTheWorkerGivesUpAndTheCheckpointIsIntact) {
  FakeWorld world;
  TwoFiles(world);
  for (int commit = 3; commit < 3'000; ++commit) {
    world.broker.commit_faults[commit] = CommitFault::kLost;
  }
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended && !*ended);
  EXPECT_EQ(ended->error().remedy, Remedy::kStop);
  EXPECT_LT(world.broker.commits, 3'000) << "it went on for ever";
  world.broker.commit_faults.clear();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(LostCommit, ClaimsThatPassAreNoProgress) {
  FakeWorld world;
  TwoFiles(world);
  for (int commit = 3; commit < 3'000; commit += 2) {  // between them the worker claims again
    world.broker.commit_faults[commit] = CommitFault::kLost;
  }
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended && !*ended);
  EXPECT_EQ(ended->error().remedy, Remedy::kStop);
  EXPECT_GT(ended->error().hint.size(), 0u);
  EXPECT_LT(world.broker.commits, 2'000) << "it went on for ever";
  world.broker.commit_faults.clear();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

}  // namespace
}  // namespace reprocess::test
