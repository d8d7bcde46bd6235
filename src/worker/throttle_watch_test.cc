#include "worker/throttle_watch.h"

#include <atomic>
#include <functional>

#include <gtest/gtest.h>

#include "base/log.h"
#include "crash/fake_clock.h"

namespace reprocess {
namespace {

class Store final : public ControlStore {
 public:
  Result<JobControls> Controls(const std::string&) override { return controls; }
  Result<int> ShardsAlive(const std::string&, Milliseconds age) override {
    asked_age = age;
    return alive;
  }
  Result<void> StoreSigns(const ShardRef&, const Owner&, const ShardSigns&) override { return {}; }
  Result<void> GiveBack(const ShardRef&, const Owner&) override { return {}; }
  Result<JobControls> controls = JobControls{};
  Result<int> alive = 0;
  Milliseconds asked_age{0};
};

// Groups with the lags that the test sets.
class Lags {
 public:
  LagReaderMaker Maker() {
    return [this](const std::string& group) -> Result<std::unique_ptr<GroupLag>> {
      return std::make_unique<One>(*this, group);
    };
  }
  std::atomic<std::uint64_t> a = 0, b = 0;
  std::atomic<bool> b_fails = false;

 private:
  class One final : public GroupLag {
   public:
    One(Lags& lags, std::string group) : lags_(lags), group_(std::move(group)) {}
    Result<std::uint64_t> Read() override {
      if (group_ == "a") return lags_.a.load();
      if (lags_.b_fails) return Fatal("read the group's lag: denied", {}, "grant Describe");
      return lags_.b.load();
    }
    Lags& lags_;
    const std::string group_;
  };
};

class ThrottleWatchTest : public ::testing::Test {
 protected:
  ThrottleWatchTest() { SetUpLog(LogLevel::kOff, LogFormat::kText, {}); }
  static LagReading ReadingWhere(ThrottleWatch& watch,
                                 const std::function<bool(const LagReading&)>& good) {
    for (;;) {
      LagReading reading = watch.Inputs().lag;
      if (reading.number > 0 && good(reading)) return reading;
      std::this_thread::yield();
    }
  }
  static constexpr Milliseconds kHeartbeat{2'000};
  const ThrottleLimits configured_{.max_messages_per_second = 100, .max_bytes_per_second = 200};
  test::FakeClock clock_;
  Store store_;
  Lags lags_;
};

TEST_F(ThrottleWatchTest, TheConfigurationHoldsWhereTheRowSaysNothing) {
  ThrottleWatch watch({"job", configured_, 3, kHeartbeat}, clock_, {});
  EXPECT_EQ(watch.Inputs().limits, configured_);
  store_.controls = JobControls{.paused = true, .max_bytes_per_second = 0};
  watch.Refresh(store_);
  EXPECT_TRUE(watch.Inputs().paused);
  EXPECT_EQ(watch.Inputs().limits, (ThrottleLimits{.max_messages_per_second = 100}));
}

TEST_F(ThrottleWatchTest, WhatCannotBeReadStaysAsItWasLastKnown) {
  ThrottleWatch watch({"job", configured_, 3, kHeartbeat}, clock_, {});
  store_.controls = Fatal("no rights");
  watch.Refresh(store_);
  EXPECT_EQ(watch.Inputs().limits, configured_);
  EXPECT_FALSE(watch.Inputs().paused);
  store_.controls = JobControls{.paused = true};
  watch.Refresh(store_);
  store_.controls = Fatal("the database is away");
  watch.Refresh(store_);
  EXPECT_TRUE(watch.Inputs().paused) << "an outage resumes nothing";
}

TEST_F(ThrottleWatchTest, AtFirstAllShardsCountAsAliveThenThoseWithAHeartbeat) {
  ThrottleWatch watch({"job", configured_, 10, kHeartbeat}, clock_, {});
  store_.alive = 2;
  watch.Refresh(store_);
  clock_.Advance(Milliseconds(60'000));  // a repository that takes its time
  EXPECT_EQ(watch.Inputs().shards_alive, 10);
  clock_.Advance(Milliseconds(5'999));
  watch.Refresh(store_);
  EXPECT_EQ(watch.Inputs().shards_alive, 10);
  clock_.Advance(Milliseconds(1));
  watch.Refresh(store_);
  EXPECT_EQ(watch.Inputs().shards_alive, 2);
  EXPECT_EQ(store_.asked_age, Milliseconds(6'000));
  store_.alive = 0;
  watch.Refresh(store_);
  EXPECT_EQ(watch.Inputs().shards_alive, 10) << "not known";
}

TEST_F(ThrottleWatchTest, TheGroupThatIsFurthestBehindCounts) {
  ThrottleWatch watch(
      {"job", {.max_consumer_lag = 5, .lag_groups = {"a", "b"}}, 1, kHeartbeat, Milliseconds(1)},
      clock_, lags_.Maker());
  lags_.a = 7;
  lags_.b = 8;
  watch.Refresh(store_);
  EXPECT_EQ(ReadingWhere(watch, [](const auto& r) { return r.lag == 8; }).group, "b");
  lags_.a = 9;
  EXPECT_EQ(ReadingWhere(watch, [](const auto& r) { return r.lag == 9; }).group, "a");
  lags_.b_fails = true;
  const LagReading failed = ReadingWhere(watch, [](const auto& r) { return !r.problem.empty(); });
  EXPECT_EQ(failed.group, "b");
  EXPECT_EQ(failed.problem, "read the group's lag: denied; grant Describe");
}

TEST_F(ThrottleWatchTest, LagIsWatchedFromWhenTheRowAsksForItAndForgottenWhenItNoLongerDoes) {
  ThrottleWatch watch({"job", {}, 1, kHeartbeat, Milliseconds(1)}, clock_, lags_.Maker());
  EXPECT_EQ(watch.Inputs().lag.number, 0u);
  store_.controls = JobControls{.max_consumer_lag = 5, .lag_groups = std::vector<std::string>{"a"}};
  watch.Refresh(store_);
  (void)ReadingWhere(watch, [](const auto&) { return true; });
  store_.controls = JobControls{};
  watch.Refresh(store_);
  EXPECT_EQ(watch.Inputs().lag.number, 0u);
}

TEST_F(ThrottleWatchTest, WhereThereAreNoConsumersLagIsNoLimit) {
  const ThrottleLimits limits{.max_consumer_lag = 5, .lag_groups = {"a"}};
  ThrottleWatch watch({"job", limits, 1, kHeartbeat}, clock_, {});
  EXPECT_FALSE(watch.Inputs().limits.WatchesLag());
  watch.Refresh(store_);
  EXPECT_FALSE(watch.Inputs().limits.WatchesLag());
}

}  // namespace
}  // namespace reprocess
