#include "replay/governor.h"

#include <gtest/gtest.h>

#include "crash/fake_clock.h"

namespace reprocess {
namespace {

class GovernorTest : public ::testing::Test {
 protected:
  void Follow() { governor_.Follow(inputs_); }
  void Read(std::uint64_t lag, std::string problem = {}) {
    inputs_.lag = {inputs_.lag.number + 1, clock_.Now(), "g", lag, std::move(problem)};
    Follow();
  }
  void WatchLag(std::uint64_t max) {
    inputs_.limits = {.max_consumer_lag = max, .lag_groups = {"g"}};
    Follow();
  }
  // Sends as much as is allowed, for so long; the records that went through.
  std::uint64_t SendFor(Milliseconds duration, std::uint64_t bytes_each = 1) {
    std::uint64_t sent = 0;
    for (const SteadyTime end = clock_.Now() + duration; clock_.Now() < end;) {
      const Governor::Answer answer = governor_.Ask();
      if (answer.hold != Hold::kNone) {
        clock_.Advance(answer.wait > Milliseconds(0) ? answer.wait : Milliseconds(100));
        continue;
      }
      const std::uint64_t by_bytes = std::max<std::uint64_t>(1, answer.bytes / bytes_each);
      const std::uint64_t records = std::min({answer.records, by_bytes, std::uint64_t{1'000'000}});
      governor_.Committed(records, records * bytes_each);
      sent += records;
    }
    return sent;
  }

  test::FakeClock clock_;
  ThrottleInputs inputs_;
  Governor governor_{clock_};
};

TEST_F(GovernorTest, WithoutLimitsATransactionIsNotBounded) {
  Follow();
  const Governor::Answer answer = governor_.Ask();
  EXPECT_EQ(answer.hold, Hold::kNone);
  EXPECT_EQ(answer.records, UINT64_MAX);
  EXPECT_EQ(answer.bytes, UINT64_MAX);
  governor_.Committed(1'000'000, 1'000'000);
  EXPECT_EQ(governor_.Ask().hold, Hold::kNone);
  EXPECT_EQ(governor_.StateOf(Hold::kNone), ThrottleState{});
}

TEST_F(GovernorTest, ATransactionHoldsWhatOneSecondAllowsAndTheNextComesASecondLater) {
  inputs_.limits.max_messages_per_second = 10;
  Follow();
  EXPECT_EQ(governor_.Ask().records, 10u);
  governor_.Committed(10, 1'000);
  EXPECT_EQ(governor_.Ask().hold, Hold::kRate);
  EXPECT_EQ(governor_.Ask().wait, Milliseconds(1'000));
  clock_.Advance(Milliseconds(1'000));
  EXPECT_EQ(governor_.Ask().hold, Hold::kNone);
}

TEST_F(GovernorTest, AMinuteAtARateSendsThatRateForAMinute) {
  inputs_.limits.max_messages_per_second = 250;
  Follow();
  EXPECT_NEAR(static_cast<double>(SendFor(Milliseconds(60'000))), 250 * 60, 250);
}

TEST_F(GovernorTest, BytesAreLimitedAsRecordsAreAndTheTighterOneCounts) {
  inputs_.limits = {.max_messages_per_second = 1'000, .max_bytes_per_second = 5'000};
  Follow();
  EXPECT_EQ(governor_.Ask().bytes, 5'000u);
  EXPECT_NEAR(static_cast<double>(SendFor(Milliseconds(60'000), 100)), 50 * 60, 50);
}

TEST_F(GovernorTest, ARecordLargerThanASecondAllowsIsSentAndPaidForLater) {
  inputs_.limits.max_bytes_per_second = 100;
  Follow();
  governor_.Committed(1, 1'000);
  EXPECT_EQ(governor_.Ask().wait, Milliseconds(10'000));
}

TEST_F(GovernorTest, WhatWasNotUsedIsSavedUpForTwoSecondsAtMost) {
  inputs_.limits.max_messages_per_second = 10;
  Follow();
  clock_.Advance(Milliseconds(3'600'000));
  EXPECT_EQ(SendFor(Milliseconds(1)), 20u);
}

TEST_F(GovernorTest, ShardsShareARateAndARateBelowOneIsStillARecordNowAndThen) {
  inputs_.limits.max_messages_per_second = 1;
  inputs_.shards_alive = 4;
  Follow();
  EXPECT_EQ(governor_.Ask().records, 1u);
  EXPECT_NEAR(static_cast<double>(SendFor(Milliseconds(60'000))), 15, 1);
}

TEST_F(GovernorTest, AnotherRateTakesEffectAtOnceAndIsNoNewCredit) {
  inputs_.limits.max_messages_per_second = 10;
  Follow();
  governor_.Committed(10, 0);
  inputs_.limits.max_messages_per_second = 1'000;
  Follow();
  EXPECT_EQ(governor_.Ask().wait, Milliseconds(1'000)) << "until a second's worth of the new rate";
  clock_.Advance(Milliseconds(1'000));
  EXPECT_EQ(governor_.Ask().records, 1'000u);
  governor_.Committed(1'000, 0);
  inputs_.limits.max_messages_per_second = 0;
  Follow();
  EXPECT_EQ(governor_.Ask().hold, Hold::kNone);
}

TEST_F(GovernorTest, APauseHoldsUntilItIsTakenBack) {
  inputs_.paused = true;
  Follow();
  EXPECT_EQ(governor_.Ask().hold, Hold::kPaused);
  EXPECT_EQ(governor_.StateOf(Hold::kPaused).why, "paused");
  clock_.Advance(Milliseconds(1'000'000));
  EXPECT_EQ(governor_.Ask().hold, Hold::kPaused);
  inputs_.paused = false;
  Follow();
  EXPECT_EQ(governor_.Ask().hold, Hold::kNone);
}

TEST_F(GovernorTest, LagIsWatchedOnlyWhereGroupsAreNamed) {
  inputs_.limits.max_consumer_lag = 10;
  Follow();
  EXPECT_EQ(governor_.Ask().hold, Hold::kNone);
}

TEST_F(GovernorTest, NothingIsSentBeforeTheLagIsKnown) {
  WatchLag(100);
  EXPECT_EQ(governor_.Ask().hold, Hold::kLag);
  Read(0, "grant Describe on Group g");
  EXPECT_EQ(governor_.Ask().hold, Hold::kLag);
  EXPECT_EQ(governor_.StateOf(Hold::kLag).why,
            "consumer lag of group g is not known: grant Describe on Group g");
  Read(0);
  EXPECT_EQ(governor_.Ask().hold, Hold::kNone);
  Read(0, "timed out");
  EXPECT_EQ(governor_.Ask().hold, Hold::kLag);
}

TEST_F(GovernorTest, BetweenTwoReadingsNoMoreIsSentThanFitsUnderTheMaximum) {
  WatchLag(1'000);
  Read(400);
  EXPECT_EQ(SendFor(Milliseconds(600'000)), 600u);
  Read(1'000);
  EXPECT_EQ(SendFor(Milliseconds(600'000)), 0u);
  EXPECT_EQ(governor_.StateOf(Hold::kLag).why, "consumer lag 1,000 of group g");
  Read(900);
  EXPECT_EQ(SendFor(Milliseconds(600'000)), 100u);
}

TEST_F(GovernorTest, ShardsShareTheRoomUnderTheMaximum) {
  inputs_.shards_alive = 3;
  WatchLag(1'000);
  Read(400);
  EXPECT_EQ(SendFor(Milliseconds(600'000)), 200u);
}

TEST_F(GovernorTest, AReadingThatBeganBeforeACommitDoesNotMakeRoomForItTwice) {
  WatchLag(1'000);
  Read(0);
  const SteadyTime before = clock_.Now();
  governor_.Committed(700, 0);
  inputs_.lag = {inputs_.lag.number + 1, before, "g", 0, {}};
  Follow();
  EXPECT_EQ(SendFor(Milliseconds(600'000)), 300u);
}

TEST_F(GovernorTest, ThePaceIsHalvedWhileTheLagIsTooHighAndComesBackStepByStep) {
  WatchLag(1'600);
  const auto pace = [&] { return governor_.StateOf(Hold::kNone).messages_per_second; };
  Read(0);
  EXPECT_EQ(pace(), 1'600);
  Read(1'601);
  EXPECT_EQ(pace(), 800);
  Read(2'000);
  EXPECT_EQ(pace(), 400);
  for (int i = 0; i < 10; ++i) Read(1'000'000);
  EXPECT_EQ(pace(), 100) << "never to nothing";
  Read(1'600);
  EXPECT_EQ(pace(), 200);
  Read(0);
  EXPECT_EQ(pace(), 300);
  for (int i = 0; i < 20; ++i) Read(0);
  EXPECT_EQ(pace(), 1'600);
}

TEST_F(GovernorTest, OrdersWithoutANewReadingChangeNeitherPaceNorRoom) {
  WatchLag(1'000);
  Read(2'000);
  const double pace = governor_.StateOf(Hold::kNone).messages_per_second;
  for (int i = 0; i < 5; ++i) Follow();
  EXPECT_EQ(governor_.StateOf(Hold::kNone).messages_per_second, pace);
  Read(900);
  governor_.Committed(100, 0);
  Follow();
  EXPECT_EQ(governor_.Ask().hold, Hold::kLag);
}

}  // namespace
}  // namespace reprocess
