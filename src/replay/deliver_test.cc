#include "replay/deliver.h"

#include <gmock/gmock.h>

#include "crash/fake_broker.h"
#include "crash/fake_database.h"
#include "crash/fake_storage.h"
#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Notes what is committed each time.
class Notes final : public ProgressObserver {
 public:
  void Progress(const WorkerRow& row) override {
    lines.push_back(row.counters.lines);
    stored.push_back(row.stored_bytes);
  }
  void Committed(const Checkpoint& checkpoint, std::string_view text) override {
    EXPECT_EQ(Decode(text), checkpoint);
    checkpoints.emplace_back(text);
  }
  void CommitTook(SteadyTime::duration) override { ++commits; }
  void Aborted() override { ++aborts; }
  int commits = 0, aborts = 0;
  std::vector<std::uint64_t> lines, stored;  // of the shard, after each commit
  std::vector<std::string> checkpoints;
};

// A script whose batches take their time to come.
class Slow final : public Stage {
 public:
  Slow(std::vector<Batch> batches, test::FakeClock& clock, Milliseconds each)
      : script_(std::move(batches)), clock_(clock), each_(each) {}
  Result<Pulled> Next(SteadyTime deadline) override {
    clock_.Advance(each_);
    return script_.Next(deadline);
  }

 private:
  Script script_;
  test::FakeClock& clock_;
  const Milliseconds each_;
};

class DelivererTest : public ::testing::Test {
 protected:
  DelivererTest() {
    for (int i = 0; i < 3; ++i) {
      task_.assignment.files.push_back({.path = "file", .size = 1'000, .list_position = i});
    }
    EXPECT_TRUE(sink_->Open({}));
    task_.settings.commit_interval = Milliseconds(1'000);
  }
  Result<void> Run(std::vector<Batch> batches, Milliseconds each = Milliseconds(0)) {
    Slow slow(std::move(batches), clock_, each);
    return deliverer_.Run(slow, {});
  }
  static Batch WithSharedRows(Batch batch, std::string_view shared) {
    for (std::size_t i = 0; i < shared.size(); ++i) batch.lines[i].shares_row = shared[i] == '+';
    return batch;
  }

  test::FakeClock clock_;
  test::FakeStorage storage_;
  test::FakeDatabase database_{clock_};
  test::FakeBroker broker_{clock_};
  Notes notes_;
  ShardTask task_;
  const Ports ports_{.storage = storage_,
                     .make_sink = {},
                     .shards = database_,
                     .ledger = database_,
                     .clock = clock_,
                     .observer = notes_,
                     .threads = false};
  const std::unique_ptr<Sink> sink_ = broker_.Connect(true);
  Isolation isolation_{6};  // batch_size
  Deliverer deliverer_{task_, ports_, *sink_, isolation_, {}};
};

TEST_F(DelivererTest, ProgressIsByStoredBytesAndWhatAFailedFileHasLeftIsNone) {
  const auto read = [&](Batch batch, std::uint64_t stored_byte) {
    batch.stored_byte = stored_byte;
    EXPECT_TRUE(Run({batch}));
    EXPECT_TRUE(deliverer_.Commit({}));
    return batch;
  };
  const Batch first = read(JudgedBatch("gg"), 400);
  read(EndAfter(first, FileEnd::State::kFailed, "cut"), 400);
  const Batch second = read(JudgedBatch("g", {.list_position = 1}), 30);
  read(EndAfter(second), 1'000);
  EXPECT_THAT(notes_.stored, ElementsAre(400, 400, 430, 1'400));
}

TEST_F(DelivererTest, CommitsAtCommitLinesWithinABatchAndAcrossThem) {
  task_.settings.commit_lines = 3;
  const Batch first = JudgedBatch("gg.gb");
  ASSERT_TRUE(Run({first, JudgedBatch("gggg", {0, first.after.byte, 5})}));
  EXPECT_THAT(notes_.lines, ElementsAre(3, 6, 9));
}

TEST_F(DelivererTest, CommitsAtCommitBytesOfValues) {
  task_.settings.commit_bytes = 20;  // nine a record
  ASSERT_TRUE(Run({JudgedBatch("ggbbbgg.ggg")}));
  EXPECT_THAT(notes_.lines, ElementsAre(6, 10));
}

TEST_F(DelivererTest, ARowOfTheLedgerIsNeverCut) {
  task_.settings.commit_lines = 2;
  ASSERT_TRUE(
      Run({WithSharedRows(JudgedBatch("gbbbbg"), "--+++-"), JudgedBatch("gg", {0, 60, 6})}));
  EXPECT_THAT(notes_.lines, ElementsAre(5, 7));
}

TEST_F(DelivererTest, ATransactionIsCommittedAnIntervalAfterItsFirstRecord) {
  std::vector<Batch> batches;
  for (std::uint64_t i = 0; i < 10; ++i) batches.push_back(JudgedBatch("g", {0, i * 10, i}));
  ASSERT_TRUE(Run(std::move(batches), Milliseconds(400)));
  EXPECT_THAT(notes_.lines, ElementsAre(4, 8));
}

TEST_F(DelivererTest, ProgressWithoutARecordIsCommittedByTheSameTimer) {
  std::vector<Batch> batches;
  for (std::uint64_t i = 0; i < 6; ++i) batches.push_back(JudgedBatch(".", {0, i * 10, i}));
  ASSERT_TRUE(Run(std::move(batches), Milliseconds(600)));
  EXPECT_THAT(notes_.lines, ElementsAre(3, 6));
  EXPECT_THAT(broker_.records, IsEmpty());
}

TEST_F(DelivererTest, ASourceThatIsSlowAtTheEndDoesNotHoldATransactionOpen) {
  // A source that has nothing yet, for two intervals.
  class Waiting final : public Stage {
   public:
    explicit Waiting(test::FakeClock& clock) : clock_(clock) {}
    Result<Pulled> Next(SteadyTime deadline) override {
      if (++calls_ == 1) return JudgedBatch("ggg");
      if (calls_ > 40) return PipeEnd{};
      EXPECT_LE(deadline - clock_.Now(), Milliseconds(100)) << "a stop would be seen too late";
      clock_.Advance(Milliseconds(50));
      return PipeTimeout{};
    }
    test::FakeClock& clock_;
    int calls_ = 0;
  } source(clock_);
  task_.settings.commit_lines = 2;  // the third record is what follows a commit within a batch
  ASSERT_TRUE(deliverer_.Run(source, {}));
  EXPECT_THAT(notes_.lines, ElementsAre(2, 3));
}

TEST_F(DelivererTest, AnOpenTransactionThatIsForgottenIsToldOfOnce) {
  ASSERT_TRUE(Run({JudgedBatch("gg")}));
  deliverer_.Reset({});
  deliverer_.Reset({});
  EXPECT_EQ(notes_.aborts, 1);
  ASSERT_TRUE(sink_->Open({}));
  ASSERT_TRUE(Run({JudgedBatch("..")}));
  deliverer_.Reset({});
  EXPECT_EQ(notes_.aborts, 1) << "it held no record";
  ASSERT_TRUE(Run({JudgedBatch("g")}));
  ASSERT_TRUE(deliverer_.Commit({}));
  deliverer_.Reset({});
  EXPECT_EQ(notes_.commits, 1);
  EXPECT_EQ(notes_.aborts, 1) << "that one was committed";
}

TEST_F(DelivererTest, WhatCameBeforeAnErrorOfTheSourceIsCommitted) {
  Script script({JudgedBatch("gg")});
  script.Add(Fatal("store: the database stays away"));
  const Result<void> run = deliverer_.Run(script, {});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().what, "store: the database stays away");
  EXPECT_THAT(notes_.lines, ElementsAre(2));
  EXPECT_EQ(broker_.open_records(), 0u);
}

TEST_F(DelivererTest, CountersLeaveOnCommitAlone) {
  ASSERT_TRUE(Run({JudgedBatch("gg")}));
  EXPECT_EQ(deliverer_.committed().shard.lines, 0u);
  EXPECT_THAT(notes_.lines, IsEmpty());
  ASSERT_TRUE(deliverer_.Commit({}));
  EXPECT_EQ(deliverer_.committed().shard.success, 2u);
  EXPECT_EQ(Decode(*broker_.checkpoint), deliverer_.committed());
  EXPECT_EQ(notes_.checkpoints.back(), *broker_.checkpoint);
}

TEST_F(DelivererTest, NothingNewIsNotCommitted) {
  ASSERT_TRUE(deliverer_.Commit({}));
  EXPECT_EQ(broker_.commits, 0);
}

TEST_F(DelivererTest, TheEndOfAFileMovesOnToTheNextOne) {
  const Batch first = JudgedBatch("g.b");
  ASSERT_TRUE(Run({first, EndAfter(first),
                   EndAfter(JudgedBatch("", {1, 0, 0}), FileEnd::State::kFailed, "open: gone")}));
  ASSERT_TRUE(deliverer_.Commit({}));
  const Checkpoint& committed = deliverer_.committed();
  EXPECT_EQ(committed.list_position, 2);
  EXPECT_EQ(committed.place, FilePlace{});
  EXPECT_EQ(committed.processed_files, 2u);
  EXPECT_EQ(committed.processed_bytes, 2'000u);
  EXPECT_EQ(committed.failed_files, 1u);
  EXPECT_EQ(committed.file, Counters{});
  EXPECT_EQ(committed.shard.lines, 4u) << "one of them is where reading stopped";
  EXPECT_TRUE(committed.shard.Balanced());
}

TEST_F(DelivererTest, BooksThatDoNotBalanceAtAFilesEndAreReported) {
  Batch first = JudgedBatch("gg");
  first.lines[1].verdict = Verdict::kUnjudged;
  const Result<void> run = Run({first, EndAfter(first)});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().remedy, Remedy::kStop);
  Batch gap = JudgedBatch("gg");
  deliverer_.Reset({});
  ASSERT_TRUE(sink_->Open({}));
  gap.lines.erase(gap.lines.begin());
  EXPECT_FALSE(Run({gap, EndAfter(gap)})) << "a line was read and not counted";
}

TEST_F(DelivererTest, WhileARefusedRecordIsLookedForTransactionsAreShort) {
  isolation_.Bisect(4, {0, 59});
  const Batch first = JudgedBatch("gg.ggbg");
  ASSERT_TRUE(Run({first, JudgedBatch("ggggg", {0, first.after.byte, 7})}));
  EXPECT_THAT(notes_.lines, ElementsAre(2, 5, 8)) << "until the place is passed";
  EXPECT_EQ(isolation_.most_records(), UINT64_MAX);
}

TEST_F(DelivererTest, BehindARefusedRecordThatIsFoundTransactionsDoubleUpToABatch) {
  isolation_.Bisect(2, {0, 999});
  ASSERT_TRUE(isolation_.Isolate(Error{}, 1, {0, 0}, *sink_, {}, {}));
  ASSERT_TRUE(Run({JudgedBatch("gb.gggggggggggggggggg")}));
  EXPECT_THAT(notes_.lines, ElementsAre(1, 5, 9, 15, 21));
  EXPECT_EQ(isolation_.most_records(), 6u);
}

TEST_F(DelivererTest, WhileARefusedRecordIsLookedForRowsAreStillNotCut) {
  isolation_.Bisect(6, {0, 999});
  task_.settings.commit_lines = 2;
  ASSERT_TRUE(Run({WithSharedRows(JudgedBatch("gbbbbggg"), "--+++---")}));
  EXPECT_THAT(notes_.lines, ElementsAre(5, 7));
}

TEST_F(DelivererTest, ARecordThatTheClientRefusesIsNamedAfterWhatCameBeforeIt) {
  int sent = 0;
  broker_.client_refuses = [&](std::string_view) { return ++sent == 3; };
  const Result<void> run = Run({JudgedBatch("g.gbgg")});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().remedy, Remedy::kIsolate);
  const auto refused = deliverer_.TakeRefused();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->first, (LinePlace{0, 40}));
  EXPECT_EQ(refused->second.reason, Reason::kTooLarge);
  EXPECT_EQ(deliverer_.committed().place.byte, 40u);
  EXPECT_EQ(broker_.Committed().size(), 2u);
}

TEST_F(DelivererTest, ADrainCommitsWhatIsPendingOrAbandonsIt) {
  ASSERT_TRUE(Run({JudgedBatch("gg")}));
  deliverer_.Drain();
  EXPECT_THAT(notes_.lines, ElementsAre(2));
  ASSERT_TRUE(Run({JudgedBatch("gg", {0, 20, 2})}));
  broker_.commit_faults[2] = test::CommitFault::kLost;
  deliverer_.Drain();
  EXPECT_EQ(broker_.Committed().size(), 2u);
  EXPECT_EQ(broker_.open_records(), 0u);
}

}  // namespace
}  // namespace reprocess
