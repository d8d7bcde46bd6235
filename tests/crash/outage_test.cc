// The database or the broker is away for a while, or for too long.
#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr Milliseconds kAWhile{5'000}, kTooLong{3'600'000};

// With a retry pass and a limit that is not reached: every call of the ledger.
void EveryCall(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".gnoggLgg");
  world.BreakInsideLine("a", 6, 1);
}
void WithALimit(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", "gg");
  world.ExpectLimit(4);
}

bool Waits(const FakeWorld& world, int step) {  // the end offsets are left out instead
  return world.steps()[static_cast<std::size_t>(step - 1)] != "database.StoreEnd";
}

TEST(DatabaseAway, ForAWhileAtAnyOfItsCallsTheReplayWaits) {
  for (const auto& scenario : {EveryCall, WithALimit}) {
    AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
      world.next().At(step, When::kBefore,
                      [&] { world.database.away_until = world.clock.Now() + kAWhile; });
      EXPECT_EQ(world.RunToItsEnd(), ReplayEnd::kComplete);
      if (Waits(world, step)) {
        EXPECT_THAT(world.waits(), Not(IsEmpty()));
      }
      ExactlyOnce(world);
    });
  }
}

TEST(DatabaseAway, ACallWhoseAnswerIsLostMayBeMadeTwice) {
  for (const auto& scenario : {EveryCall, WithALimit}) {
    AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
      world.next().LoseAnswerOfStep(step);
      EXPECT_EQ(world.RunToItsEnd(), ReplayEnd::kComplete);
      ExactlyOnce(world);
    });
  }
}

TEST(DatabaseAway, AtLeastOnceWaitsWithItsCheckpoint) {
  const auto scenario = [](FakeWorld& world) {
    EveryCall(world);
    world.config.delivery = DeliveryChoice::kAtLeastOnce;
  };
  AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore,
                    [&] { world.database.away_until = world.clock.Now() + kAWhile; });
    EXPECT_EQ(world.RunToItsEnd(), ReplayEnd::kComplete);
    ExactlyOnce(world);
  });
}

TEST(DatabaseAway, ForTooLongEndsTheWorkerAndTheNextOneGoesOn) {
  for (const auto& scenario : {EveryCall, WithALimit}) {
    AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
      world.next().At(step, When::kBefore,
                      [&] { world.database.away_until = world.clock.Now() + kTooLong; });
      const auto ended = world.RunWorker();
      ASSERT_TRUE(ended);
      if (Waits(world, step)) {
        ASSERT_FALSE(*ended);
        EXPECT_EQ(ended->error().remedy, Remedy::kStop);
        EXPECT_LT(world.clock.Now(), world.database.away_until) << "it waited for too long";
        world.clock.Advance(kTooLong);
        EXPECT_EQ(world.RunToItsEnd(), ReplayEnd::kComplete);
      }
      ExactlyOnce(world);
    });
  }
}

TEST(DatabaseAway, NothingIsOpenWhileARowWaits) {
  AtEveryStep(EveryCall, "database.Store", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore,
                    [&] { world.database.away_until = world.clock.Now() + kTooLong; });
    (void)world.RunWorker();
    if (!Waits(world, step)) return;
    EXPECT_EQ(world.broker.open_records(), 0u) << "what came before must be committed";
  });
}

TEST(BrokerAway, ForAWhileAtAnyStepTheReplayWaits) {
  AtEveryStep(EveryCall, "sink.", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore,
                    [&] { world.broker.away_until = world.clock.Now() + kAWhile; });
    EXPECT_EQ(world.RunToItsEnd(), ReplayEnd::kComplete);
    ExactlyOnce(world);
  });
}

TEST(BrokerAway, ForTooLongEndsTheWorkerAndTheNextOneGoesOn) {
  AtEveryStep(EveryCall, "sink.", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore,
                    [&] { world.broker.away_until = world.clock.Now() + kTooLong; });
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended);
    EXPECT_LT(world.clock.Now(), world.broker.away_until) << "it waited for too long";
    world.clock.Advance(kTooLong);
    const ReplayEnd end = world.RunToItsEnd();
    EXPECT_EQ(end, *ended ? ReplayEnd::kAlreadyComplete : ReplayEnd::kComplete);
    ExactlyOnce(world);
  });
}

}  // namespace
}  // namespace reprocess::test
