#include "replay/ledger_stage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/log.h"
#include "crash/fake_world.h"
#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;

class Silent final : public ProgressObserver {
 public:
  void Waiting(const std::string& why) override { waits += why.empty() ? 0 : 1; }
  int waits = 0;
};

class LedgerStageTest : public ::testing::Test {
 protected:
  LedgerStageTest() {
    SetUpLog(LogLevel::kOff, LogFormat::kText, {});
    for (int i = 0; i < 3; ++i) {
      task_.assignment.files.push_back(
          {.path = "file-" + std::to_string(i), .size = 30, .list_position = i});
    }
    task_.assignment.job_id = "job";
  }
  Drained Store(std::vector<Batch> batches, LedgerStage::Start start = {}) {
    return Store(std::make_unique<Script>(std::move(batches)), start);
  }
  Drained Store(std::unique_ptr<Script> script, LedgerStage::Start start = {}) {
    LedgerStage stage(std::move(script), ports_, task_, owner_, start, stop_.get_token());
    return Drain(stage);
  }
  // Each batch takes its time to come.
  std::unique_ptr<Script> Slowly(Milliseconds pause, std::vector<Batch> batches) {
    auto script = std::make_unique<Script>(std::move(batches));
    script->on_pull = [this, pause] { clock_.Advance(pause); };
    return script;
  }
  // "file[first, end) count reason", '~' before an approximate one.
  std::vector<std::string> Rows() const {
    std::vector<std::string> rows;
    for (const auto& [key, row] : database_.errors) {
      rows.push_back(fmt::format("{}{}[{}, {}) {} lines {}-{} {}", row.approximate ? "~" : "",
                                 row.list_position, row.first_byte, row.end_byte, row.count,
                                 row.first_line, row.last_line, NameOf(row.reason)));
    }
    return rows;
  }
  static std::string SharedOf(const Batch& batch) {
    std::string shared;
    for (const Line& line : batch.lines) shared += line.shares_row ? '+' : '-';
    return shared;
  }
  const FileRow& File(int at) { return database_.files.at(at).row; }

  test::FakeClock clock_;
  test::FakeStorage storage_;
  test::FakeDatabase database_{clock_};
  Silent observer_;
  ShardTask task_;
  const Owner owner_{"owner", "host", 1};
  std::stop_source stop_;
  const Ports ports_{.storage = storage_,
                     .make_sink = {},
                     .shards = database_,
                     .ledger = database_,
                     .clock = clock_,
                     .observer = observer_,
                     .threads = false};
};

TEST_F(LedgerStageTest, NeighboursWithOneReasonShareARow) {
  const Drained stored = Store({JudgedBatch("gbbbub.bg")});
  EXPECT_THAT(
      Rows(),
      ElementsAre("0[10, 40) 3 lines 2-4 invalid_json", "0[40, 50) 1 lines 5-5 unknown_stream",
                  "0[50, 60) 1 lines 6-6 invalid_json", "0[70, 80) 1 lines 8-8 invalid_json"));
  EXPECT_EQ(SharedOf(stored.batches[0]), "--++-----");
}

TEST_F(LedgerStageTest, ARowNeverSpansBatches) {
  const Batch first = JudgedBatch("gbb");
  Store({first, JudgedBatch("bb", {0, first.after.byte, 3})});
  EXPECT_THAT(Rows(), ElementsAre("0[10, 30) 2 lines 2-3 invalid_json",
                                  "0[30, 50) 2 lines 4-5 invalid_json"));
}

TEST_F(LedgerStageTest, ARowHasTheReasonsTextAndASampleOfOneKibibyteAtMost) {
  Batch batch = BatchOfLines({std::string(3'000, 'x')});
  batch.lines[0].verdict = Verdict::kError;
  batch.lines[0].reason = Reason::kInvalidJson;
  batch.lines[0].message = 1;
  batch.messages = {"invalid JSON at byte 0"};
  Store({batch});
  const ErrorRow& row = database_.errors.begin()->second;
  EXPECT_EQ(row.message, "invalid JSON at byte 0");
  EXPECT_EQ(row.sample, std::string(1024, 'x'));
}

TEST_F(LedgerStageTest, PastMaxErrorRowsThereIsOneApproximateRowAReasonAndBatch) {
  task_.settings.max_error_rows = 2;
  const Batch first = JudgedBatch("b.u");
  const Drained stored = Store({first, JudgedBatch("gbgubug.", {0, first.after.byte, 3})});
  EXPECT_THAT(
      Rows(),
      ElementsAre("0[0, 10) 1 lines 1-1 invalid_json", "0[20, 30) 1 lines 3-3 unknown_stream",
                  "~0[40, 80) 2 lines 5-8 invalid_json", "~0[60, 90) 2 lines 7-9 unknown_stream"));
  EXPECT_EQ(SharedOf(stored.batches[1]), "--++++--") << "no commit between a row's lines";
}

TEST_F(LedgerStageTest, TheBoundIsCountedPerFileAndOverRestarts) {
  task_.settings.max_error_rows = 2;
  const Batch first = JudgedBatch("b.b");
  Counters counters;
  for (const Line& line : first.lines) Count(line, counters);
  Store({first});
  // A new pipeline, in the middle of the file; then another file.
  Store({JudgedBatch("b", {0, first.after.byte, 3}), JudgedBatch("b", {1, 0, 0})},
        {0, counters, 0});
  EXPECT_THAT(
      Rows(),
      ElementsAre("0[0, 10) 1 lines 1-1 invalid_json", "0[20, 30) 1 lines 3-3 invalid_json",
                  "~0[30, 40) 1 lines 4-4 invalid_json", "1[0, 10) 1 lines 1-1 invalid_json"));
}

TEST_F(LedgerStageTest, AFilesRowIsReadingFromItsFirstBatchAndFinalAtItsEnd) {
  const Batch first = JudgedBatch("g.b"), second = JudgedBatch("gg", {0, 30, 3});
  Store({first});
  EXPECT_EQ(File(0).state, FileState::kReading);
  EXPECT_EQ(File(0).path, "file-0");
  Store({first, second, EndAfter(second),
         EndAfter(JudgedBatch("", {1, 0, 0}), FileEnd::State::kFailed, "open: gone")});
  EXPECT_EQ(File(0).state, FileState::kDone);
  EXPECT_EQ(File(0).place, second.after);
  EXPECT_EQ(File(0).counters.lines, 5u);
  EXPECT_EQ(File(0).counters.success, 3u);
  EXPECT_EQ(File(0).counters.bytes, 50u);
  EXPECT_TRUE(File(0).counters.Balanced());
  EXPECT_EQ(File(1).state, FileState::kFailed);
  EXPECT_EQ(File(1).failure, "open: gone");
  EXPECT_EQ(File(1).counters[Reason::kUnreadable], 1u);
  EXPECT_TRUE(File(1).counters.Balanced());
}

TEST_F(LedgerStageTest, AFileThatGoesOnTakesItsUnreadablePlaceBack) {
  const Batch first = JudgedBatch("gb"), second = JudgedBatch("g", {0, 20, 2});
  Store({first, EndAfter(first, FileEnd::State::kFailed, "reset")});
  const FileRow failed = File(0);
  EXPECT_EQ(failed.counters.lines, 3u);
  Store({second, EndAfter(second)}, {0, failed.counters, 0});
  EXPECT_EQ(File(0).counters.lines, 3u);
  EXPECT_EQ(File(0).counters[Reason::kUnreadable], 0u);
  EXPECT_EQ(File(0).counters.success, 2u);
  EXPECT_EQ(File(0).state, FileState::kDone);
}

TEST_F(LedgerStageTest, BatchesWithoutErrorLinesDoNotWaitForTheDatabase) {
  auto script =
      Slowly(Milliseconds(25), {JudgedBatch("gg"), JudgedBatch("gg", {0, 20, 2}),
                                JudgedBatch("g.", {0, 40, 4}), JudgedBatch("gb", {0, 60, 6})});
  LedgerStage stage(std::move(script), ports_, task_, owner_, {}, stop_.get_token());
  EXPECT_TRUE(stage.Next(SteadyTime::max()));  // the file's row
  EXPECT_TRUE(stage.Next(SteadyTime::max()));  // came while it waited for more
  database_.away_until = clock_.Now() + Milliseconds(30'000);
  EXPECT_TRUE(stage.Next(SteadyTime::max()));
  EXPECT_EQ(observer_.waits, 0);
  EXPECT_TRUE(stage.Next(SteadyTime::max()));
  EXPECT_GT(observer_.waits, 0);
  EXPECT_EQ(Rows().size(), 1u);
}

std::vector<Batch> SmallFiles() {
  std::vector<Batch> batches;
  for (int file = 0; file < 3; ++file) {
    batches.push_back(JudgedBatch("gbg", {file, 0, 0}));
    batches.push_back(EndAfter(batches.back()));
  }
  return batches;
}

TEST_F(LedgerStageTest, WhatHasQueuedIsStoredInOneTransactionAndAFileInOneRow) {
  const Drained stored = Store(SmallFiles());
  EXPECT_EQ(stored.Letters(), "gbg|$|gbg|$|gbg|$");
  EXPECT_EQ(database_.stores, 1);
  EXPECT_EQ(database_.file_rows_stored, 3);
  EXPECT_EQ(Rows().size(), 3u);
  for (int file = 0; file < 3; ++file) EXPECT_EQ(File(file).state, FileState::kDone);
}

TEST_F(LedgerStageTest, ItWaitsTwentyMillisecondsForMoreAtMost) {
  const Drained stored = Store(Slowly(Milliseconds(8), SmallFiles()));
  EXPECT_EQ(stored.Letters(), "gbg|$|gbg|$|gbg|$");
  EXPECT_EQ(database_.stores, 2);  // of 4 batches, and of 2
}

TEST_F(LedgerStageTest, AGroupEndsAtTwoMebibytesOrFiveHundredRows) {
  std::vector<Batch> batches;
  for (std::uint64_t line = 0; line < 6; ++line) {
    batches.push_back(BatchOfLines({std::string(999'999, 'b')}, {0, line * 1'000'000, line}));
    batches.back().lines[0].verdict = Verdict::kError;
  }
  EXPECT_EQ(Store(std::move(batches)).batches.size(), 6u);
  EXPECT_EQ(database_.stores, 2);
  batches.clear();
  for (int line = 0; line < 1'002; ++line) {
    const auto before = static_cast<std::uint64_t>(line);
    batches.push_back(JudgedBatch("b", {1, before * kJudgedLineBytes, before}));
  }
  EXPECT_EQ(Store(std::move(batches)).batches.size(), 1'002u);
  EXPECT_EQ(database_.stores, 2 + 3);
}

TEST_F(LedgerStageTest, AnErrorComesAfterTheBatchesThatQueuedBeforeIt) {
  auto script = std::make_unique<Script>(SmallFiles());
  script->Add(Fatal("the end"));
  const Drained stored = Store(std::move(script));
  EXPECT_EQ(stored.Letters(), "gbg|$|gbg|$|gbg|$");
  ASSERT_TRUE(stored.error);
  EXPECT_EQ(stored.error->what, "the end");
  EXPECT_EQ(database_.stores, 1);
}

TEST_F(LedgerStageTest, ADatabaseThatStaysAwayEndsThePipeline) {
  database_.away_until = clock_.Now() + 2 * task_.settings.database_timeout;
  const Drained stored = Store({JudgedBatch("gb")});
  EXPECT_TRUE(stored.batches.empty());
  ASSERT_TRUE(stored.error);
  EXPECT_EQ(stored.error->remedy, Remedy::kStop);
  EXPECT_NE(stored.error->hint, "");
}

TEST_F(LedgerStageTest, ANewerOwnerEndsThePipeline) {
  database_.shards[0].owner = {"another", "host", 2};
  const Drained stored = Store({JudgedBatch("gb")});
  ASSERT_TRUE(stored.error);
  EXPECT_EQ(stored.error->remedy, Remedy::kFenced);
  EXPECT_TRUE(database_.errors.empty());
}

}  // namespace
}  // namespace reprocess
