// Records that Kafka refuses for what they are become error lines; their neighbours are delivered.
#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "crash/every_step.h"

namespace reprocess::test {
namespace {

using ::testing::Contains;

void Mixed(FakeWorld& world) {
  world.AddFile("a", "ggrgbg.gg");
  world.AddFile("b", "rggggrrgtgLtg");
  world.settings.commit_lines = 8;
}

constexpr RefusalShows kShows[] = {RefusalShows::kAtCommit, RefusalShows::kAtNextProduce,
                                   RefusalShows::kAtOnce};

TEST(Refused, RecordsAreFoundAndBecomeErrorLines) {
  for (const RefusalShows shows : kShows) {
    for (const bool probe : {true, false}) {
      SCOPED_TRACE(fmt::format("shows {}, probe {}", static_cast<int>(shows), probe));
      KillAtEveryStep([=](FakeWorld& world) {
        Mixed(world);
        world.broker.refusal_shows = shows;
        world.broker.has_probe = probe;
      });
    }
  }
}

TEST(Refused, ALongTransactionIsProbedOrHalvedFromBatchSizeOn) {
  for (const RefusalShows shows : kShows) {
    for (const bool probe : {true, false}) {
      SCOPED_TRACE(fmt::format("shows {}, probe {}", static_cast<int>(shows), probe));
      KillAtEveryStep([=](FakeWorld& world) {
        world.AddFile("a", "gggggggggggbggggrgggggggggbbgggg");
        world.settings.commit_lines = 0;
        world.config.batch_size = 10;
        world.broker.refusal_shows = shows;
        world.broker.has_probe = probe;
      });
    }
  }
}

TEST(Refused, AProbeFindsThemAllAtOnce) {
  FakeWorld world;
  const std::string letters = "ggrgggrrggbgggggrggrgggggg";
  world.AddFile("a", letters);
  world.AddFile("b", letters);
  world.settings.commit_lines = 0;
  world.settings.batch_bytes = 4096;
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
  EXPECT_EQ(std::ranges::count(world.steps(), "sink.Open"), 2) << "one more for the refusal";
  EXPECT_FALSE(world.broker.tried.empty());
}

TEST(Refused, AProbeThatFailsOrTellsNothingIsReplacedByHalving) {
  for (const Remedy remedy : {Remedy::kWait, Remedy::kAbortAndRewind, Remedy::kStop}) {
    SCOPED_TRACE(static_cast<int>(remedy));
    KillAtEveryStep([remedy](FakeWorld& world) {
      world.AddFile("a", "ggrgggrrgbggr");
      world.settings.commit_lines = 0;
      world.broker.probe_fails = Error{.remedy = remedy, .what = "deliver: not authorized"};
    });
  }
}

TEST(Refused, RecordsThatAreRefusedOnlyTogetherAreSentInShorterTransactions) {
  for (const char* letters : {"gggggggggggggggggggggggggggggg", "gggggggrgggggggggggggbggggggg"}) {
    KillAtEveryStep([letters](FakeWorld& world) {
      world.AddFile("a", letters);
      world.settings.commit_lines = 0;
      world.settings.batch_bytes = 4096;
      world.broker.most_together = 4;
    });
  }
}

TEST(Refused, InTheSecondPassOverAFailedFile) {
  KillAtEveryStep([](FakeWorld& world) {
    world.AddFile("a", "ggggggrggrgg");
    world.AddFile("b", "grg");
    world.BreakInsideLine("a", 4, 1);
  });
}

TEST(Refused, TheOnlyRecordMayBeRefused) {
  for (const RefusalShows shows : kShows) {
    for (const char* letters : {"r", "t", "rr", "tt", "brb", "rt", "tr", "Lt", "tL", "LtL"}) {
      SCOPED_TRACE(letters);
      KillAtEveryStep([&](FakeWorld& world) {
        world.AddFile("a", letters);
        world.settings.batch_bytes = world.storage.chunk = 4096;
        world.broker.refusal_shows = shows;
      });
    }
  }
}

TEST(Refused, WhateverTheMixOfLinesAndTheSizesOfBatchesAndTransactions) {
  for (unsigned seed = 1; seed <= 12 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    KillAtEveryStep(
        [seed](FakeWorld& world) {
          std::minstd_rand random(seed);
          world.AddFile("a", RandomLetters(random, "gggbr.tLg"));
          world.AddFile("b", RandomLetters(random, "ggbtLg"));
          world.settings.batch_bytes = 100 + random() % 1'000;
          world.settings.commit_lines = random() % 20;
          world.config.batch_size = 1 + random() % 8;
          world.broker.refusal_shows = kShows[random() % 3];
          world.broker.has_probe = random() % 2 == 0;
        },
        {.stride = 11});
  }
}

TEST(Refused, AmongApproximateRowsEachLineIsCountedOnce) {
  for (const RefusalShows shows : kShows) {
    for (const char* letters : {"bgbgbtbgb", "bgbgbrbgb", "gubgrgbubgtbgrrbg"}) {
      for (const std::size_t batch_bytes : {100, 4096}) {
        SCOPED_TRACE(letters);
        KillAtEveryStep(
            [&](FakeWorld& world) {
              world.AddFile("a", letters);
              world.AddFile("b", letters);
              world.settings.max_error_rows = 0;
              world.settings.batch_bytes = batch_bytes;
              world.broker.refusal_shows = shows;
            },
            {.check = [](const FakeWorld& world) {
              world.CheckExactlyOnce();
              world.CheckLedgerCounts();
            }});
      }
    }
  }
}

TEST(Refused, ByTheClientNothingIsAborted) {
  FakeWorld world;
  world.AddFile("a", "ggtggLtgg");
  EXPECT_EQ(world.RunToItsEnd(), Outcome::kComplete);
  ExactlyOnce(world);
  for (const FakeRecord& record : world.broker.records) {
    EXPECT_EQ(record.state, RecordState::kCommitted);
  }
}

TEST(Refused, ByTheClientInATransactionThatIsThenLost) {
  for (const CommitFault fault :
       {CommitFault::kLost, CommitFault::kLostMade, CommitFault::kLostMadeLate}) {
    for (int commit = 2; commit <= 6; ++commit) {
      SCOPED_TRACE(commit);
      KillAtEveryStep([&](FakeWorld& world) {
        world.AddFile("a", "ggtggLtgg");
        world.broker.commit_faults[commit] = fault;
      });
    }
  }
}

TEST(Refused, TheFirstLineAfterStartLine) {
  for (const char refused : {'t', 'r'}) {
    SCOPED_TRACE(refused);
    KillAtEveryStep(
        [refused](FakeWorld& world) {
          world.AddFile("a", std::string("gg") + refused + "ggb");
          world.config.start_file = "a";
          world.config.start_line = 3;
        },
        {.check = [](const FakeWorld& world) {
          EXPECT_EQ(world.Delivered().size(), 2u);
          const FileRow row = world.database.files.at(0).row;
          EXPECT_EQ(row.state, FileState::kDone);
          EXPECT_EQ(row.counters.lines, 4u);
          EXPECT_EQ(row.counters.bytes + row.uncounted_bytes, row.place.byte);
          EXPECT_TRUE(row.counters == world.Committed().shard);
        }});
  }
}

}  // namespace
}  // namespace reprocess::test
