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
  EXPECT_EQ(world.RunToItsEnd(), ReplayEnd::kComplete);
  EXPECT_TRUE(world.Delivered().empty());
  EXPECT_TRUE(world.storage.opened.empty());
  EXPECT_EQ(world.database.files[1].row.state, FileState::kNotRead);
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
