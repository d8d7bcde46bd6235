// Two workers of one shard: the one that was frozen and thaws touches nothing more.
#include <algorithm>

#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

void TwoFiles(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".gnoggLgg");
  world.BreakInsideLine("a", 3, 1);
}

// A worker that had claimed learns on its dead connection that it has a successor: to open another
// would fence that one.
void ExpectNothingFencedAfter(int step, const std::vector<std::string>& steps) {
  const auto thawed = steps.begin() + step;
  if (std::find(steps.begin(), thawed, "observer.Progress") == thawed) return;
  EXPECT_EQ(std::find(thawed, steps.end(), "sink.Open"), steps.end());
}

TEST(Fencing, AWorkerThatThawsAfterItsSuccessorCompletedOverwritesNoRow) {
  for (const When when : {When::kBefore, When::kAfter}) {
    AtEveryStep(TwoFiles, "", [when](FakeWorld& world, int step) {
      std::string rows;
      std::optional<Outcome> successor;
      world.next().At(step, when, [&] {
        successor = world.RunToItsEnd();
        rows = world.database.Dump();
      });
      const auto ended = world.RunWorker();
      ASSERT_TRUE(ended && *ended) << (ended ? ended->error().ToString() : "");
      ASSERT_TRUE(successor);
      ExactlyOnce(world);
      if (*successor == Outcome::kComplete) {
        const Outcome end = (*ended)->end;
        EXPECT_TRUE(end == Outcome::kFenced || end == Outcome::kAlreadyComplete)
            << static_cast<int>(end);
        EXPECT_EQ(world.database.Dump(), rows);
        ExpectNothingFencedAfter(step, world.steps());
      } else {
        EXPECT_EQ(*successor, Outcome::kAlreadyComplete);  // it had thawed too late to matter
        EXPECT_EQ((*ended)->end, Outcome::kComplete);
      }
    });
  }
}

TEST(Fencing, AWorkerThatThawsAfterItsSuccessorDiedLeavesTheShardToTheNext) {
  for (const int successor_dies_at : {6, 9, 14, 25, 40}) {
    SCOPED_TRACE(successor_dies_at);
    AtEveryStep(TwoFiles, "", [=](FakeWorld& world, int step) {
      std::string rows;
      bool claimed = false;
      world.next().At(step, When::kBefore, [&] {
        world.next().DieAtStep(successor_dies_at, When::kAfter);
        (void)world.RunWorker();
        claimed =
            world.database.shards.contains(0) && world.database.shards.at(0).owner.id == "owner-2";
        rows = world.database.Dump();
      });
      const auto ended = world.RunWorker();
      ASSERT_TRUE(ended && *ended);
      // A worker that had not claimed yet may claim after its rival's death.
      if ((*ended)->end == Outcome::kFenced && claimed) {
        EXPECT_EQ(world.database.Dump(), rows);
      }
      (void)world.RunToItsEnd();
      ExactlyOnce(world);
    });
  }
}

TEST(Fencing, AtLeastOnceTheRowOfTheShardFences) {
  const auto scenario = [](FakeWorld& world) {
    TwoFiles(world);
    world.config.delivery = DeliveryChoice::kAtLeastOnce;
  };
  AtEveryStep(scenario, "", [](FakeWorld& world, int step) {
    std::optional<Outcome> successor;
    std::string rows;
    world.next().At(step, When::kBefore, [&] {
      successor = world.RunToItsEnd();
      rows = world.database.Dump();
    });
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended && *ended);
    world.CheckAtLeastOnce(2 * world.settings.commit_lines);
    world.CheckBooks();
    if (successor == Outcome::kComplete) {
      EXPECT_EQ(world.database.Dump(), rows);
    }
  });
}

TEST(Fencing, ALiveOwnerIsWaitedForAndNeverFenced) {
  FakeWorld world;
  TwoFiles(world);
  world.next().DieAtStep(40, When::kAfter);
  EXPECT_FALSE(world.RunWorker());
  const SteadyTime alive_until = world.clock.Now() + Milliseconds(3'600'000);
  world.database.owner_alive_until = alive_until;
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  EXPECT_GE(world.clock.Now(), alive_until) << "it did not wait";
  EXPECT_THAT(world.waits(), testing::Contains("owner owner-1 on host is alive: waiting for it"));
  ExactlyOnce(world);
}

TEST(Fencing, HavingWaitedForAnOwnerDoesNotUseUpThePatienceWithKafka) {
  FakeWorld world;
  TwoFiles(world);
  world.next().DieAtStep(40, When::kAfter);
  EXPECT_FALSE(world.RunWorker());
  world.database.owner_alive_until = world.clock.Now() + Milliseconds(3'600'000);
  world.broker.away_until = world.clock.Now() + Milliseconds(3'615'000);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

}  // namespace
}  // namespace reprocess::test
