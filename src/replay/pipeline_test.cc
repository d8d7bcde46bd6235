// The whole replay on its threads, over the world in memory: what TSan looks at.
#include <random>

#include <gtest/gtest.h>

#include "crash/fake_world.h"

namespace reprocess::test {
namespace {

constexpr int kLines = 3'000;

std::string ManyLines(unsigned seed) {
  std::minstd_rand random(seed);
  std::string letters;
  while (letters.size() < kLines) letters += RandomLetters(random, "gggggggggggbu.ns");
  return letters;
}

void ManyFiles(FakeWorld& world) {
  world.threads = true;
  world.time = &SystemClock();
  world.read_takes = Milliseconds(0);
  world.AddFile("a", ManyLines(1));
  world.AddGzipFile("b", ManyLines(2));
  world.AddFile("c", "gbtgtg");
  world.settings.batch_bytes = 16 << 10;
  world.storage.chunk = 4 << 10;
  world.settings.commit_lines = 700;
  world.settings.retry_wait = Milliseconds(0);
}

void ExpectAllDelivered(FakeWorld& world) {
  world.CheckExactlyOnce();
  world.CheckBooks();
}

TEST(Pipeline, DeliversEveryLineExactlyOnceOnItsThreads) {
  FakeWorld world;
  ManyFiles(world);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExpectAllDelivered(world);
}

TEST(Pipeline, IsDroppedAndBuiltAgainWhenTransactionsAreLost) {
  FakeWorld world;
  ManyFiles(world);
  world.broker.commit_faults = {{3, CommitFault::kLost}, {5, CommitFault::kLostMade}};
  world.BreakInsideLine("a", 1'000, 1);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExpectAllDelivered(world);
}

TEST(Pipeline, ARefusedRecordLeavesNoRowsOfWhatWasReadAhead) {
  FakeWorld world;
  ManyFiles(world);
  world.AddFile("d", "ggg" + std::string(2'000, 'b') + "rg" + std::string(2'000, 'b') + "tg" +
                         std::string(3'000, 'b'));
  world.settings.batch_bytes = 2 << 10;
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExpectAllDelivered(world);
}

TEST(Pipeline, IsStoppedAnywhereAndResumed) {
  for (int step = 5; step < 400; step += 23) {
    SCOPED_TRACE(step);
    FakeWorld world;
    ManyFiles(world);
    world.settings.claim_wait = Milliseconds(0);
    std::stop_source stop;
    world.next().At(step, When::kBefore, [&] { stop.request_stop(); });
    const auto ended = world.RunWorker(stop.get_token());
    ASSERT_TRUE(ended && *ended) << (ended ? ended->error().ToString() : "");
    if ((*ended)->end != Outcome::kComplete) {
      EXPECT_EQ((*ended)->end, Outcome::kStopped);
      EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
    }
    ExpectAllDelivered(world);
  }
}

TEST(Pipeline, EndsWhenTheDatabaseStaysAway) {
  FakeWorld world;
  ManyFiles(world);
  world.settings.database_timeout = Milliseconds(0);
  world.next().At(40, When::kBefore,
                  [&] { world.database.away_until = world.clock.Now() + Milliseconds(1); });
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended && !*ended);
  EXPECT_EQ(world.broker.open_records(), 0u);
  world.clock.Advance(Milliseconds(60'000));
  world.settings.database_timeout = Milliseconds(60'000);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExpectAllDelivered(world);
}

}  // namespace
}  // namespace reprocess::test
