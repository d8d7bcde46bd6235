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

// What who comes next finds: all that was left may have been to store the end offsets.
Outcome EndOfNext(const FakeWorld& world) {
  const auto checkpoint = Decode(world.broker.checkpoint.value_or(""));
  return checkpoint && checkpoint->state == ShardState::kComplete ? Outcome::kAlreadyComplete
                                                                  : Outcome::kComplete;
}

TEST(DatabaseAway, ForAWhileAtAnyOfItsCallsTheReplayWaits) {
  for (const auto& scenario : {EveryCall, WithALimit}) {
    AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
      world.next().At(step, When::kBefore,
                      [&] { world.database.away_until = world.clock.Now() + kAWhile; });
      EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
      EXPECT_THAT(world.waits(), Not(IsEmpty()));
      ExactlyOnce(world);
    });
  }
}

TEST(DatabaseAway, ACallWhoseAnswerIsLostMayBeMadeTwice) {
  for (const auto& scenario : {EveryCall, WithALimit}) {
    AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
      world.next().LoseAnswerOfStep(step);
      EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
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
    EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
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
      ASSERT_FALSE(*ended);
      EXPECT_EQ(ended->error().remedy, Remedy::kStop);
      EXPECT_LT(world.clock.Now(), world.database.away_until) << "it waited for too long";
      const Outcome end = EndOfNext(world);
      world.clock.Advance(kTooLong);
      EXPECT_EQ(world.RunToItsEnd(), end);
      ExactlyOnce(world);
    });
  }
}

TEST(DatabaseAway, NothingIsOpenWhileARowWaits) {
  AtEveryStep(EveryCall, "database.Store", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore,
                    [&] { world.database.away_until = world.clock.Now() + kTooLong; });
    (void)world.RunWorker();
    EXPECT_EQ(world.broker.open_records(), 0u) << "what came before must be committed";
  });
}

TEST(BrokerAway, ForAWhileAtAnyStepTheReplayWaits) {
  AtEveryStep(EveryCall, "sink.", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore,
                    [&] { world.broker.away_until = world.clock.Now() + kAWhile; });
    EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
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
    const Outcome end = EndOfNext(world);
    world.clock.Advance(kTooLong);
    EXPECT_EQ(world.RunToItsEnd(), end);
    ExactlyOnce(world);
  });
}

}  // namespace
}  // namespace reprocess::test
