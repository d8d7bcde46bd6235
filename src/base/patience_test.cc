#include "base/patience.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Its hands move by sleeping alone.
class HandClock final : public Clock {
 public:
  SteadyTime Now() override { return SteadyTime(elapsed); }
  WallTime Wall() override { return WallTime(elapsed); }
  bool SleepFor(Milliseconds duration, const std::stop_token& stop) override {
    elapsed += duration;
    ++sleeps;
    return !stop.stop_requested();
  }
  Milliseconds elapsed{0};
  int sleeps = 0;
};

class PatienceTest : public ::testing::Test {
 protected:
  // A call that fails `failures` times with `remedy`.
  Result<int> Call(int failures, Remedy remedy) {
    return Patiently<int>({clock_, SteadyTime(Milliseconds(60'000)), stop_.get_token(),
                           [&](const std::string& why) { told_.push_back(why); }},
                          IsTransient, [&, failures, remedy]() -> Result<int> {
                            if (++calls_ > failures) return 7;
                            return std::unexpected(Error{.remedy = remedy, .what = "connect"});
                          });
  }

  HandClock clock_;
  std::stop_source stop_;
  std::vector<std::string> told_;
  int calls_ = 0;
};

TEST_F(PatienceTest, WhatPassesAtOnceIsNotWaitedFor) {
  EXPECT_EQ(Call(0, Remedy::kWait), 7);
  EXPECT_EQ(clock_.sleeps, 0);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(PatienceTest, WhatHealsIsCalledAgainAndTheReasonTold) {
  EXPECT_EQ(Call(2, Remedy::kWait), 7);
  EXPECT_EQ(calls_, 3);
  EXPECT_THAT(told_, ElementsAre("connect", "connect", ""));
}

TEST_F(PatienceTest, WhatDoesNotHealIsReturnedAtOnce) {
  const Result<int> result = Call(1, Remedy::kFenced);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().remedy, Remedy::kFenced);
  EXPECT_EQ(calls_, 1);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(PatienceTest, PastTheDeadlineTheErrorIsFinal) {
  const Result<int> result = Call(1'000'000, Remedy::kWait);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().remedy, Remedy::kStop);
  EXPECT_EQ(result.error().what, "connect");
  EXPECT_GE(clock_.elapsed, Milliseconds(60'000));
  EXPECT_LE(clock_.elapsed, Milliseconds(62'000));
}

TEST_F(PatienceTest, AStopRequestEndsTheWait) {
  stop_.request_stop();
  const Result<int> result = Call(1'000'000, Remedy::kWait);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kStopped);
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace reprocess
