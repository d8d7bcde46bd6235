// Rows that the database lost: a restore, an asynchronous failover, a DELETE.
#include <climits>

#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

// Files b and c cannot be read past their second line.
void TwoFailed(FakeWorld& world) {
  ThreeFiles(world);
  for (const char* name : {"b", "c"}) world.BreakInsideLine(name, 3, INT_MAX);
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
}

TEST(LostRows, AFailedFileWhoseRowIsGoneKeepsItsShardFromBeingComplete) {
  FakeWorld world;
  TwoFailed(world);
  for (const char* name : {"b", "c"}) world.Mend(name);
  world.database.files.erase(1);
  for (int start = 0; start < 2; ++start) {
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended && *ended);
    EXPECT_EQ((*ended)->end, Outcome::kFailedFiles);
    EXPECT_THAT((*ended)->message, HasSubstr("1 of 2 failed files"));
    EXPECT_EQ(world.database.files.at(2).row.state, FileState::kFailed) << "who knows its place?";
  }
}

TEST(LostRows, AFileIsNotReadOnFromARowThatIsOlderThanTheCheckpoint) {
  FakeWorld world;
  TwoFailed(world);
  const auto before = world.database.files.at(1);
  world.Mend("b");
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  world.database.files.at(1) = before;
  world.Mend("c");
  world.ExpectUnreadableFrom("c", 3);  // it is not tried
  for (int start = 0; start < 2; ++start) {
    const auto errors = world.database.errors;
    const auto ended = world.RunWorker();
    world.CheckExactlyOnce();
    ASSERT_TRUE(ended && *ended);
    EXPECT_EQ((*ended)->end, Outcome::kFailedFiles);
    EXPECT_THAT((*ended)->message, HasSubstr("rows of reprocessing_files were lost"));
    EXPECT_THAT((*ended)->message, Not(HasSubstr("the first is")));
    EXPECT_EQ(world.Committed().failed_files, 1u);
    EXPECT_EQ(world.database.errors, errors);
  }
}

TEST(LostRows, AnOlderRowOfAFileThatWasReadSinceIsNoDefect) {
  const auto scenario = [](FakeWorld& world) {
    TwoFailed(world);
    for (const char* name : {"b", "c"}) world.Mend(name);
  };
  AtEveryStep(scenario, "database.", [](FakeWorld& world, int step) {
    const auto before = world.database.files.at(1);
    world.next().At(step, When::kAfter, [&, before] {
      FakeDatabase::OwnedFile& now = world.database.files.at(1);
      if (now.row.state == FileState::kDone) now = before;
    });
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended && *ended);
    EXPECT_EQ((*ended)->end, Outcome::kComplete);
    world.CheckExactlyOnce();
  });
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

TEST(LostRows, AShardWhoseRowIsLostWhileItsWorkerRunsEndsAsItWouldHave) {
  const auto scenario = [](FakeWorld& world) { ThreeFiles(world); };
  for (const std::uint64_t older : {0, 1}) {
    SCOPED_TRACE(older);
    AtEveryStep(scenario, "", [&](FakeWorld& world, int step) {
      if (older > 0) {  // of a claim that a failover lost
        world.next().DieAtStep(40, When::kBefore);
        ASSERT_FALSE(world.RunWorker());
      }
      const auto before = world.database.shards;
      world.next().At(step, When::kBefore, [&] { world.database.shards = before; });
      EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
      world.CheckBooks();
      EXPECT_THAT(world.Delivered(), testing::UnorderedElementsAreArray(world.Sendable()));
      EXPECT_EQ(world.database.shards.at(0).owner.generation, older + 1);
    });
  }
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
