// A worker that is killed at any step is resumed exactly.
#include "crash/every_step.h"

namespace reprocess::test {
namespace {

void ThreeMixedFiles(FakeWorld& world) {
  world.AddFile("a", "ggbb.gugg");
  world.AddFile("b", ".sgnoggL");
  world.AddFile("c", "gdbggg~");
}

TEST(Resume, AWorkerKilledAtAnyStepDeliversEveryLineExactlyOnce) {
  KillAtEveryStep(ThreeMixedFiles);
}

TEST(Resume, TwoWorkersKilledOneAfterTheOtherDeliverEveryLineExactlyOnce) {
  KillTwice(ThreeMixedFiles, 7);
}

TEST(Resume, WhateverTheMixOfLinesAndTheSizesOfBatchesAndTransactions) {
  for (unsigned seed = 1; seed <= 20 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    KillAtEveryStep([seed](FakeWorld& world) {
      std::minstd_rand random(seed);
      world.AddFile("a", RandomLetters(random, "ggbbgbu.nosL"));
      world.AddFile("b", RandomLetters(random, "ggbbgbu.nosL"));
      world.settings.batch_bytes = 40 + random() % 300;
      world.settings.commit_lines = 1 + random() % 6;
      world.storage.chunk = 50 + random() % 200;
    });
  }
}

TEST(Resume, CommitsByTheTimerAreAsGoodAsCommitsByTheirSize) {
  KillAtEveryStep([](FakeWorld& world) {
    ThreeMixedFiles(world);
    world.settings.commit_lines = 0;
    world.settings.commit_interval = Milliseconds(100);
    world.broker.client_refuses = [&](std::string_view) {  // each record takes its time
      world.clock.Advance(Milliseconds(40));
      return false;
    };
  });
}

TEST(Resume, OneTransactionForAllIsAsGood) {
  KillAtEveryStep([](FakeWorld& world) {
    ThreeMixedFiles(world);
    world.settings.commit_lines = 0;
  });
}

TEST(Resume, CompressedFilesAreResumedInsideAMember) {
  KillAtEveryStep([](FakeWorld& world) {
    world.AddGzipFile("a.gz", "ggbb.guggggbgg");
    world.AddGzipFile("b.gz", "gg.ggbg~");
    world.settings.commit_lines = 3;
  });
}

TEST(Resume, AFileWithoutALineAndAShardWithoutAFileComplete) {
  KillAtEveryStep([](FakeWorld& world) {
    world.AddFile("empty", "");
    world.AddFile("blank", "...");
  });
  KillAtEveryStep([](FakeWorld&) {});
}

}  // namespace
}  // namespace reprocess::test
