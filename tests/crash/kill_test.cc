// A worker that is killed at any step is resumed exactly.
#include <algorithm>

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
      world.read_takes = Milliseconds(random() % 30);
    });
  }
}

// What is read within 20 ms is stored in one go: one file, three, or all of them.
TEST(Resume, HoweverManyFilesHaveTheirRowsStoredAtOnce) {
  for (const int milliseconds : {25, 4, 0}) {
    SCOPED_TRACE(milliseconds);
    KillAtEveryStep([=](FakeWorld& world) {
      ThreeMixedFiles(world);
      world.AddFile("d", "gbg");
      world.AddFile("e", "");
      world.AddFile("f", "gggbbggg");
      world.AddFile("g", "u");
      world.BreakInsideLine("f", 6, 1);
      world.read_takes = Milliseconds(milliseconds);
    });
  }
}

// Rows past the bound say how many, and between which lines: together still each line once.
TEST(Resume, PastMaxErrorRowsTheLedgerCountsEachLineOnce) {
  for (unsigned seed = 1; seed <= 6 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    KillAtEveryStep(
        [seed](FakeWorld& world) {
          std::minstd_rand random(seed);
          world.AddFile("a", RandomLetters(random, "gbubn") + RandomLetters(random, "gbubn"));
          world.AddFile("b", RandomLetters(random, "gbu"));
          world.settings.max_error_rows = 1 + random() % 4;
          world.settings.batch_bytes = 100 + random() % 500;
          world.settings.commit_lines = 1 + random() % 6;
        },
        {.check = [](const FakeWorld& world) {
          world.CheckExactlyOnce();
          world.CheckLedgerCounts();
        }});
  }
}

TEST(Resume, LinesBeforeStartLineAreNeverSentNorCounted) {
  for (const std::size_t breaks_in : {2, 6, 9}) {
    KillAtEveryStep(
        [=](FakeWorld& world) {
          world.AddFile("a", "gbgggbgggbg");
          world.AddFile("b", "gg");
          world.config.start_file = "a";
          world.config.start_line = 5;
          world.settings.batch_bytes = world.storage.chunk = 100;
          world.BreakInsideLine("a", breaks_in, 1);
        },
        {.check = [](const FakeWorld& world) {
          std::vector<std::string> delivered = world.Delivered(), sendable = world.Sendable();
          sendable.erase(sendable.begin(), sendable.begin() + 3);
          std::ranges::sort(delivered);
          std::ranges::sort(sendable);
          EXPECT_EQ(delivered, sendable);
          const FileRow row = world.database.files.at(0).row;
          EXPECT_EQ(row.state, FileState::kDone);
          EXPECT_EQ(row.counters.lines, 7u);
          EXPECT_EQ(row.counters.bytes + row.uncounted_bytes, row.place.byte);
          EXPECT_EQ(world.database.errors.size(), 2u);
          EXPECT_TRUE(world.Committed().shard.Balanced());
        }});
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

TEST(WorkerStore, ThatDoNotBalanceAreReportedBeforeTheLastCommit) {
  AtEveryStep(ThreeMixedFiles, "database.SumOfFiles", [](FakeWorld& world, int step) {
    world.next().At(step, When::kBefore, [&] { ++world.database.files[1].row.counters.lines; });
    const auto ended = world.RunWorker();
    ASSERT_TRUE(ended && !*ended);
    EXPECT_NE(ended->error().what.find("do not balance"), std::string::npos);
    EXPECT_EQ(world.Committed().state, ShardState::kRunning);
  });
}

}  // namespace
}  // namespace reprocess::test
