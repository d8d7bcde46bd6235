// A limit cuts the shard after exactly that many messages.
#include <climits>
#include <set>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

void ThreeFiles(FakeWorld& world) {
  world.AddFile("a", "gbgg.");
  world.AddFile("b", "bgggbbgb");
  world.AddFile("c", "gug");
}

TEST(Limit, IsKeptExactlyWhereverAWorkerDies) {
  for (std::uint64_t limit = 1; limit <= 10; ++limit) {
    SCOPED_TRACE(limit);
    KillAtEveryStep([limit](FakeWorld& world) {
      ThreeFiles(world);
      world.ExpectLimit(limit);
    });
  }
}

TEST(Limit, AShareOfNothingReadsNothing) {
  FakeWorld world;
  ThreeFiles(world);
  world.config.limit = 1;
  world.index = 1;  // of two workers, the second has nothing of a limit of one
  world.total = 2;
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  EXPECT_TRUE(world.Delivered().empty());
  EXPECT_TRUE(world.storage.opened.empty());
  EXPECT_EQ(world.database.files[1].row.state, FileState::kNotRead);
}

// A first part of `limit` messages, then the rest of the job up to `next`.
void RaisedLimit(FakeWorld& world, std::uint64_t limit, std::uint64_t next) {
  ThreeFiles(world);
  world.ExpectLimit(limit);
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  world.config.earlier_limits = {limit};
  world.ExpectLimit(next);
}

TEST(Limit, ThatIsRaisedOrTakenAwayGoesOnFromWhereItStoppedWhereverAWorkerDies) {
  for (std::uint64_t limit = 1; limit <= 9; ++limit) {
    for (const std::uint64_t next : {limit + 1, limit + 3, std::uint64_t{0}}) {
      SCOPED_TRACE(testing::Message() << limit << ", then " << next);
      KillAtEveryStep([&](FakeWorld& world) { RaisedLimit(world, limit, next); });
    }
  }
}

TEST(Limit, ThatIsRaisedTwiceGoesOnFromAnyOfThem) {
  FakeWorld world;
  RaisedLimit(world, 2, 3);
  world.config.earlier_limits = {2, 3};  // nobody ran with 3
  world.ExpectLimit(5);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(Limit, ThatIsRaisedMakesProgressAndRowsOfWhatItHadEnded) {
  FakeWorld world;
  RaisedLimit(world, 4, 0);  // of the second file, its first record
  EXPECT_EQ(world.Committed().processed_files, 3) << "nothing was left to do";
  const auto& steps = StepsOf([](FakeWorld& w) { RaisedLimit(w, 4, 0); });
  const auto claimed = std::ranges::find(steps, "observer.Progress");
  world.next().DieAtStep(static_cast<int>(claimed - steps.begin()) + 1, When::kBefore);
  EXPECT_FALSE(world.RunWorker());
  EXPECT_EQ(world.Committed().state, ShardState::kRunning);
  EXPECT_EQ(world.Committed().processed_files, 1);
  EXPECT_EQ(world.database.files[0].row.state, FileState::kDone);
  EXPECT_EQ(world.database.files[1].row.state, FileState::kPartial) << "until it is read on";
  EXPECT_EQ(world.database.files[2].row.state, FileState::kPlanned);
}

TEST(Limit, ThatAJobNeverHadIsRefused) {
  FakeWorld world;
  ThreeFiles(world);
  world.ExpectLimit(2);
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  world.config.limit = 5;
  world.config.earlier_limits = {3};
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended);
  EXPECT_FALSE(*ended);
}

TEST(Limit, ThatWasNotReachedLeavesAJobComplete) {
  FakeWorld world;
  RaisedLimit(world, 99, 0);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kAlreadyComplete);
  ExactlyOnce(world);
}

TEST(Limit, ThatIsRaisedTriesTheFailedFilesToo) {
  KillAtEveryStep([](FakeWorld& world) {
    ThreeFiles(world);
    world.BreakInsideLine("b", 3, INT_MAX);
    world.config.limit = 5;  // the last one in the third file
    ASSERT_EQ(world.RunToItsEnd(), Outcome::kComplete);
    world.Mend("b");
    world.config.earlier_limits = {5};
    world.ExpectLimit(0);
  });
}

// Which lines are sent depends on when the broken file mends; how many does not.
TEST(Limit, HoldsInTheRetryPassToo) {
  for (std::uint64_t limit = 1; limit <= 9; ++limit) {
    SCOPED_TRACE(limit);
    KillAtEveryStep(
        [limit](FakeWorld& world) {
          ThreeFiles(world);
          world.BreakInsideLine("b", 3, 1);
          world.config.limit = limit;
        },
        {.check = [limit](const FakeWorld& world) {
          const std::vector<std::string> values = world.Delivered();
          EXPECT_EQ(values.size(), std::min<std::size_t>(limit, 9));
          EXPECT_EQ(std::set<std::string>(values.begin(), values.end()).size(), values.size());
          Counters sum;
          for (const auto& [at, file] : world.database.files) sum += file.row.counters;
          EXPECT_TRUE(sum == world.Committed().shard);
          EXPECT_TRUE(sum.Balanced());
          EXPECT_EQ(sum.success, values.size());
        }});
  }
}

}  // namespace
}  // namespace reprocess::test
