// The other ways to deliver: at least once, into files, nowhere.
#include "crash/every_step.h"

namespace reprocess::test {
namespace {

void ThreeMixedFiles(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".sgnogg");
  world.AddFile("c", "gdbggg~");
}

TEST(AtLeastOnce, AWorkerKilledAtAnyStepDoublesOneCommitIntervalAtMost) {
  for (const bool sent_before_commit : {false, true}) {
    SCOPED_TRACE(sent_before_commit);
    KillAtEveryStep(
        [&](FakeWorld& world) {
          ThreeMixedFiles(world);
          world.config.delivery = DeliveryChoice::kAtLeastOnce;
          world.broker.sent_before_commit = sent_before_commit;
        },
        {.check = [](const FakeWorld& world) {
          world.CheckAtLeastOnce(world.settings.commit_lines);
          world.CheckBooks();
        }});
  }
}

TEST(AtLeastOnce, AnUndisturbedRunDoublesNothing) {
  FakeWorld world;
  ThreeMixedFiles(world);
  world.config.delivery = DeliveryChoice::kAtLeastOnce;
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
  EXPECT_FALSE(world.broker.checkpoint) << "its checkpoint is the database's alone";
}

TEST(AtLeastOnce, RefusedRecordsBecomeErrorLines) {
  KillAtEveryStep(
      [](FakeWorld& world) {
        world.AddFile("a", "ggrgbgtgg");
        world.config.delivery = DeliveryChoice::kAtLeastOnce;
      },
      {.check = [](const FakeWorld& world) {
        world.CheckAtLeastOnce(world.settings.commit_lines);
        world.CheckBooks();
      }});
}

TEST(Files, AWorkerKilledAtAnyStepWritesEveryLineExactlyOnce) {
  KillAtEveryStep([](FakeWorld& world) {
    ThreeMixedFiles(world);
    world.destination = Destination::kFiles;
  });
}

TEST(DryRun, SendsNothingAndEachStartBeginsAnew) {
  KillAtEveryStep(
      [](FakeWorld& world) {
        ThreeMixedFiles(world);
        world.destination = Destination::kNone;
      },
      {.check = [](const FakeWorld& world) {
        EXPECT_TRUE(world.broker.records.empty());
        world.CheckBooks();
      }});
}

}  // namespace
}  // namespace reprocess::test
