// Held back: what the delivering stage commits, tells and does while it waits.
#include "replay/throttle_gate.h"

#include <functional>

#include <gmock/gmock.h>

#include "crash/fake_broker.h"
#include "crash/fake_database.h"
#include "crash/fake_storage.h"
#include "replay/deliver.h"
#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Notes final : public ProgressObserver {
 public:
  void Progress(const WorkerRow& row) override { sent.push_back(row.counters.success); }
  void Throttled(const ThrottleState& state) override {
    const Hold before = states.empty() ? Hold::kNone : states.back().hold;
    if (state.hold != before) holds.push_back(state.hold);
    states.push_back(state);
  }
  std::vector<std::uint64_t> sent;  // by the shard, after each commit
  std::vector<Hold> holds;
  std::vector<ThrottleState> states;
};

// Inputs that the test changes, also while they are asked for.
class Operator final : public ThrottleSource {
 public:
  ThrottleInputs current;
  std::function<void()> at_each_look = [] {};
  ThrottleInputs Inputs() override {
    at_each_look();
    return current;
  }
  std::optional<MaxErrors> MostErrors() override { return current.limits.max_errors; }
};

class ThrottleGateTest : public ::testing::Test {
 protected:
  ThrottleGateTest() {
    task_.assignment.files.push_back({.path = "file", .size = 1'000});
    task_.settings.commit_interval = Milliseconds(1'000);
    EXPECT_TRUE(sink_->Open({}));
  }
  Result<void> Run(std::vector<Batch> batches, std::stop_token stop = {}) {
    Script script(std::move(batches));
    TRY_OK(deliverer_.Run(script, stop));
    return deliverer_.Commit(stop);
  }

  test::FakeClock clock_;
  test::FakeStorage storage_;
  test::FakeDatabase database_{clock_};
  test::FakeBroker broker_{clock_};
  Notes notes_;
  Operator inputs_;
  ShardTask task_;
  const Ports ports_{.storage = storage_,
                     .make_sink = {},
                     .shards = database_,
                     .ledger = database_,
                     .clock = clock_,
                     .observer = notes_,
                     .threads = false,
                     .throttle = &inputs_};
  const std::unique_ptr<Sink> sink_ = broker_.Connect(true);
  Isolation isolation_{1};
  Deliverer deliverer_{task_, ports_, *sink_, isolation_, {}};
};

TEST_F(ThrottleGateTest, ABatchIsCutIntoTransactionsOfASecondsWorth) {
  inputs_.current.limits.max_messages_per_second = 3;
  const SteadyTime start = clock_.Now();
  ASSERT_TRUE(Run({JudgedBatch("gggg.ggggg")}));
  EXPECT_THAT(notes_.sent, ElementsAre(3, 6, 9));
  EXPECT_GE(clock_.Now() - start, Milliseconds(2'000));
  EXPECT_THAT(notes_.holds, ElementsAre(Hold::kRate)) << "once, not for each transaction";
}

TEST_F(ThrottleGateTest, NothingIsWaitedForWhileATransactionIsOpen) {
  inputs_.current.limits.max_messages_per_second = 3;
  inputs_.at_each_look = [&] { EXPECT_EQ(broker_.open_records(), 0u); };
  ASSERT_TRUE(
      Run({JudgedBatch("gg"), JudgedBatch("gg", {0, 20, 2}), JudgedBatch("g", {0, 40, 4})}));
  EXPECT_EQ(broker_.Committed().size(), 5u);
}

TEST_F(ThrottleGateTest, APauseIsToldWhenAllBeforeItIsCommittedAndResumingGoesOn) {
  int looks = 0;
  inputs_.at_each_look = [&] {
    ++looks;
    inputs_.current.paused = looks > 2 && looks < 20;
    if (!notes_.holds.empty() && notes_.holds.back() == Hold::kPaused) {
      EXPECT_EQ(broker_.Committed().size(), 2u);
      EXPECT_EQ(deliverer_.committed().shard.lines, 3u);
    }
  };
  task_.settings.commit_lines = 2;
  ASSERT_TRUE(
      Run({JudgedBatch("gg"), JudgedBatch(".", {0, 20, 2}), JudgedBatch("gg", {0, 30, 3})}));
  EXPECT_THAT(notes_.holds, ElementsAre(Hold::kPaused, Hold::kNone));
  EXPECT_EQ(broker_.Committed().size(), 4u);
  ASSERT_EQ(notes_.states.size(), 2u);
  EXPECT_EQ(notes_.states[0].hold, Hold::kPaused);
  EXPECT_EQ(notes_.states[1], ThrottleState{});
}

TEST_F(ThrottleGateTest, AStopEndsAWait) {
  inputs_.current.paused = true;
  std::stop_source stop;
  int looks = 0;
  inputs_.at_each_look = [&] {
    if (++looks == 3) stop.request_stop();
  };
  const Result<void> run = Run({JudgedBatch("gg")}, stop.get_token());
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::kStopped);
  EXPECT_EQ(looks, 3);
  EXPECT_THAT(broker_.Committed(), IsEmpty());
}

TEST_F(ThrottleGateTest, APausedWorkerCommitsItsCheckpointAgainOnceAnHour) {
  int commits_at_first = 0;
  const SteadyTime start = clock_.Now();
  inputs_.at_each_look = [&] {
    inputs_.current.paused = clock_.Now() - start < std::chrono::hours(5) + std::chrono::minutes(1);
    if (notes_.holds.size() == 1 && commits_at_first == 0) commits_at_first = broker_.commits;
  };
  ASSERT_TRUE(Run({JudgedBatch("g")}));
  EXPECT_EQ(broker_.commits, commits_at_first + 5 + 1) << "and the record in the end";
  EXPECT_EQ(broker_.Committed().size(), 1u);
}

TEST_F(ThrottleGateTest, AWorkerWithoutLinesCommitsItsCheckpointAgainOnceAnHour) {
  class Idle final : public Stage {
   public:
    explicit Idle(test::FakeClock& clock)
        : clock_(clock), end_(clock.Now() + std::chrono::hours(3)) {}
    Result<Pulled> Next(SteadyTime deadline) override {
      if (clock_.Now() > end_) return PipeEnd{};
      clock_.Advance(std::chrono::ceil<Milliseconds>(deadline - clock_.Now()));
      return PipeTimeout{};
    }

   private:
    test::FakeClock& clock_;
    const SteadyTime end_;
  } idle(clock_);
  ASSERT_TRUE(deliverer_.Run(idle, {}));
  EXPECT_EQ(broker_.commits, 3);
}

TEST_F(ThrottleGateTest, ALostTransactionCostsNoneOfTheRate) {
  inputs_.current.limits.max_messages_per_second = 2;
  broker_.commit_faults[1] = test::CommitFault::kLost;
  ASSERT_FALSE(Run({JudgedBatch("ggg")}));
  deliverer_.Reset({});
  ASSERT_TRUE(sink_->Open({}));
  const SteadyTime start = clock_.Now();
  ASSERT_TRUE(Run({JudgedBatch("gg")}));
  EXPECT_EQ(clock_.Now(), start) << "no wait";
}

}  // namespace
}  // namespace reprocess
