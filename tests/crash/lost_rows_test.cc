// Rows that the database lost: a restore, an asynchronous failover, a DELETE.
#include <climits>

#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

using ::testing::HasSubstr;

void ThreeFiles(FakeWorld& world) {
  world.AddFile("a", "gbg.g");
  world.AddFile("b", "ggbbbgggbgg");
  world.AddFile("c", "gugbg");
}

// A worker that died when it had read the first file.
void Begun(FakeWorld& world) {
  ThreeFiles(world);
  world.next().DieAtStep(60, When::kAfter);
  ASSERT_FALSE(world.RunWorker());
  ASSERT_GT(world.Committed().list_position, 0);
}

TEST(LostRows, AShardEndsByItsCheckpointAndSaysWhatIsLost) {
  FakeWorld world;
  Begun(world);
  world.database.files.erase(0);
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->end, Outcome::kComplete);
  EXPECT_THAT((*ended)->message, HasSubstr("rows of reprocessing_files were lost"));
  EXPECT_THAT((*ended)->message, HasSubstr("16 of 21 lines"));
  world.CheckExactlyOnce();
}

TEST(LostRows, AFailedFileWhoseRowIsGoneKeepsItsShardFromBeingComplete) {
  FakeWorld world;
  ThreeFiles(world);
  for (const char* name : {"a", "c"}) world.BreakInsideLine(name, 3, INT_MAX);
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  for (const char* name : {"a", "c"}) world.Mend(name);
  world.database.files.erase(0);
  for (int start = 0; start < 2; ++start) {
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended && *ended);
    EXPECT_EQ((*ended)->end, Outcome::kFailedFiles);
    EXPECT_THAT((*ended)->message, HasSubstr("0 of 1 failed files"));
    EXPECT_EQ(world.database.files.at(2).row.state, FileState::kDone);
  }
}

TEST(LostRows, RowsThatSayMoreThanTheCheckpointAreADefect) {
  FakeWorld world;
  Begun(world);
  ++world.database.files.at(0).row.counters.success;
  const auto ended = world.RunWorker();
  ASSERT_TRUE(ended);
  ASSERT_FALSE(*ended);
  EXPECT_THAT(ended->error().what, HasSubstr("do not balance"));
}

TEST(LostRows, AShardsFirstOffsetsAreNotThoseOfALaterClaim) {
  FakeWorld world;
  Begun(world);
  world.database.shards.clear();
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  EXPECT_TRUE(world.database.shards.at(0).start_offsets.empty());
  EXPECT_THAT(world.Delivered(), testing::UnorderedElementsAreArray(world.Sendable()));
  world.CheckBooks();
}

}  // namespace
}  // namespace reprocess::test
