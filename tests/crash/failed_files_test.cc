// Files that cannot be read to their end: rows, the retry pass, restarts.
#include <climits>

#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

void ThreeFiles(FakeWorld& world) {
  world.AddFile("a", "gbg.g");
  world.AddFile("b", "ggbbbgggbgg");
  world.AddFile("c", "gugbg");
}

TEST(FailedFiles, AFileThatBreaksOnceIsReadOnInTheRetryPass) {
  for (const std::size_t line : {1, 4, 5, 7, 11}) {
    SCOPED_TRACE(line);
    KillAtEveryStep([line](FakeWorld& world) {
      ThreeFiles(world);
      world.BreakInsideLine("b", line, 1);
    });
  }
}

TEST(FailedFiles, WhatTheStorageHopesForIsTriedAgainInPlace) {
  for (const int times : {1, 2, 3, 4}) {
    SCOPED_TRACE(times);
    KillAtEveryStep([times](FakeWorld& world) {
      ThreeFiles(world);
      world.BreakInsideLine("b", 6, times, Remedy::kRetry);
    });
  }
}

TEST(FailedFiles, AFileThatStaysBrokenIsFailedAndAllElseIsDelivered) {
  for (const std::size_t line : {1, 4, 7}) {
    SCOPED_TRACE(line);
    KillAtEveryStep(
        [line](FakeWorld& world) {
          ThreeFiles(world);
          world.BreakInsideLine("b", line, INT_MAX);
          world.ExpectUnreadableFrom("b", line);
        },
        {.end = Outcome::kFailedFiles});
  }
}

void FinishedWithFailures(FakeWorld& world) {
  ThreeFiles(world);
  world.AddFile("d", "gbbg");
  world.BreakInsideLine("b", 4, INT_MAX);
  world.BreakInsideLine("d", 3, INT_MAX);
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  world.storage.opened.clear();
}

TEST(FailedFiles, ARestartReadsOnlyWhatHadFailed) {
  FakeWorld world;
  FinishedWithFailures(world);
  world.Mend("b");
  world.Mend("d");
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
  EXPECT_THAT(world.storage.opened, AllOf(Contains("b"), Contains("d")));
  EXPECT_THAT(world.storage.opened, Not(AnyOf(Contains("a"), Contains("c"))));
}

TEST(FailedFiles, ARestartThatIsKilledAtAnyStepIsResumed) {
  KillAtEveryStep([](FakeWorld& world) {
    FinishedWithFailures(world);
    world.Mend("b");
    world.Mend("d");
  });
}

TEST(FailedFiles, ARestartMayMendOneFileAndNotTheOther) {
  for (const std::string mended : {"b", "d"}) {
    SCOPED_TRACE(mended);
    KillAtEveryStep(
        [&](FakeWorld& world) {
          FinishedWithFailures(world);
          world.Mend(mended);
          if (mended == "b") world.ExpectUnreadableFrom("d", 3);
          if (mended == "d") world.ExpectUnreadableFrom("b", 4);
        },
        {.end = Outcome::kFailedFiles});
  }
}

TEST(FailedFiles, AFileThatBreaksLaterEachTimeGoesOnFromThere) {
  FakeWorld world;
  world.AddFile("a", "ggbgggbbgg");
  world.AddFile("b", "gg");
  for (const std::size_t line : {2, 4, 4, 8, 10}) {
    world.BreakInsideLine("a", line, INT_MAX);
    world.ExpectUnreadableFrom("a", line);
    EXPECT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
    ExactlyOnce(world);
  }
  world.Mend("a");
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(FailedFiles, AFileThatWasMissingMayComeInAnyVersion) {
  KillAtEveryStep(
      [](FakeWorld& world) {
        ThreeFiles(world);
        world.storage.objects["b"].missing = true;
      },
      {.before_next =
           [](FakeWorld& world) {
             world.storage.objects["b"].missing = false;
             world.storage.objects["b"].version = "another";
           },
       .restarts = 1});  // a worker that died past its second try leaves it to the next start
}

TEST(FailedFiles, AFileThatFailedInItsFirstLineMayComeInAnyVersion) {
  FakeWorld world;
  ThreeFiles(world);
  world.BreakInsideLine("b", 1, INT_MAX);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  world.Mend("b");
  world.storage.objects["b"].version = "another";
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(FailedFiles, AFileThatFailedPartWayGoesOnInTheSameVersionOnly) {
  FakeWorld world;
  ThreeFiles(world);
  world.BreakInsideLine("b", 7, INT_MAX);
  ASSERT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  world.Mend("b");
  world.storage.objects["b"].version = "another";
  world.ExpectUnreadableFrom("b", 7);
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  ExactlyOnce(world);
  EXPECT_THAT(world.database.files[1].row.failure, HasSubstr("start_line 7"));
  world.storage.objects["b"].version = "v1";
  world.Mend("b");
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
}

TEST(FailedFiles, AFileThatIsReplacedWhileItIsReadFails) {
  const auto scenario = [](FakeWorld& world) {
    ThreeFiles(world);
    world.settings.batch_bytes = 64;
    world.storage.chunk = 64;
  };
  int step = 0;
  for (const std::string& name : StepsOf(scenario)) {
    ++step;
    if (name == "storage.Open") break;
  }
  FakeWorld world;
  scenario(world);
  world.next().At(step + 4, When::kAfter, [&] { world.storage.objects["a"].version = "v2"; });
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kFailedFiles);
  EXPECT_EQ(world.database.files[0].row.state, FileState::kFailed);
  EXPECT_THAT(world.database.files[0].row.failure, HasSubstr("start_line"));
  EXPECT_TRUE(world.Committed().shard.Balanced());
}

}  // namespace
}  // namespace reprocess::test
