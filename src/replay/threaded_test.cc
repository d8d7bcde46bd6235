#include "replay/threaded.h"

#include <atomic>

#include <gtest/gtest.h>

#include "replay/stages_for_tests.h"

namespace reprocess {
namespace {

Batch Numbered(int number) {
  return BatchOfLines({"x"}, {number, 0, 0});
}

// Gives batches 0, 1, 2 … for ever, or until its pipeline stops.
class Counting final : public Stage {
 public:
  Counting(std::atomic<int>& given, std::stop_token stop) : given_(given), stop_(std::move(stop)) {}
  Result<Pulled> Next(SteadyTime) override {
    if (stop_.stop_requested()) return Fatal("stopped", {}, {}, Code::kStopped);
    Batch batch = Numbered(given_);
    ++given_;
    given_.notify_all();
    return batch;
  }

 private:
  std::atomic<int>& given_;
  const std::stop_token stop_;
};

// Waits in Next until its pipeline stops.
class Stuck final : public Stage {
 public:
  Stuck(std::atomic<bool>& entered, std::stop_token stop)
      : entered_(entered), stop_(std::move(stop)) {}
  Result<Pulled> Next(SteadyTime) override {
    entered_ = true;
    entered_.notify_all();
    (void)SystemClock().SleepFor(Milliseconds(3'600'000), stop_);
    return Fatal("stopped", {}, {}, Code::kStopped);
  }

 private:
  std::atomic<bool>& entered_;
  const std::stop_token stop_;
};

TEST(Threaded, BatchesComeInOrderThenTheEnd) {
  std::vector<Batch> batches;
  for (int i = 0; i < 500; ++i) batches.push_back(Numbered(i));
  Threaded stage(std::make_unique<Script>(std::move(batches)), 10'000, {});
  const Drained drained = Drain(stage);
  ASSERT_EQ(drained.batches.size(), 500u);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(drained.batches[static_cast<std::size_t>(i)].list_position, i);
  }
  EXPECT_FALSE(drained.error);
}

TEST(Threaded, AnErrorComesAfterTheLastGoodBatch) {
  auto script = std::make_unique<Script>(std::vector<Batch>{});
  script->Add(Numbered(0));
  script->Add(Numbered(1));
  script->Add(Fatal("store: the database stays away"));
  Threaded stage(std::move(script), 10'000, {});
  const Drained drained = Drain(stage);
  EXPECT_EQ(drained.batches.size(), 2u);
  ASSERT_TRUE(drained.error);
  EXPECT_EQ(drained.error->what, "store: the database stays away");
}

TEST(Threaded, RunsAheadNoFurtherThanItsBound) {
  std::atomic<int> given = 0;
  std::stop_source stop;
  const std::size_t two = 2 * Numbered(0).weight();
  Threaded stage(std::make_unique<Counting>(given, stop.get_token()), two, stop);
  given.wait(0);
  for (int taken = 1; taken <= 2'000; ++taken) {
    ASSERT_TRUE(stage.Next(SteadyTime::max()));
    ASSERT_LE(given.load(), taken + 4);  // two wait, one is in hand, one is being made
  }
}

TEST(Threaded, DestroyingItFreesAStageThatWaitsForRoom) {
  std::atomic<int> given = 0;
  std::stop_source stop;
  {
    const Threaded stage(std::make_unique<Counting>(given, stop.get_token()), 1, stop);
    given.wait(0);
  }
  EXPECT_TRUE(stop.stop_requested());
}

TEST(Threaded, DestroyingItStopsAStageThatWaitsForSomething) {
  std::atomic<bool> entered = false;
  std::stop_source stop;
  {
    const Threaded stage(std::make_unique<Stuck>(entered, stop.get_token()), 1, stop);
    entered.wait(false);
  }
  EXPECT_TRUE(stop.stop_requested());
}

TEST(Threaded, WhileNothingComesNextEndsAtItsDeadline) {
  std::atomic<bool> entered = false;
  std::stop_source stop;
  Threaded stage(std::make_unique<Stuck>(entered, stop.get_token()), 1, stop);
  const auto next = stage.Next(SteadyTime{});
  ASSERT_TRUE(next);
  EXPECT_TRUE(std::holds_alternative<PipeTimeout>(*next));
}

}  // namespace
}  // namespace reprocess
