#include "base/pipe.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using Pulled = Result<std::variant<int, PipeTimeout, PipeEnd>>;

constexpr SteadyTime kPast{};  // a deadline that is over
constexpr SteadyTime kNever = SteadyTime::max();

Error Broken() {
  return {.remedy = Remedy::kCount, .what = "read: broken", .where = "a"};
}

int ItemOf(const Pulled& pulled) {
  return pulled && std::holds_alternative<int>(*pulled) ? std::get<int>(*pulled) : -1;
}
bool IsEnd(const Pulled& pulled) {
  return pulled && std::holds_alternative<PipeEnd>(*pulled);
}
bool IsTimeout(const Pulled& pulled) {
  return pulled && std::holds_alternative<PipeTimeout>(*pulled);
}

TEST(Pipe, ItemsComeInOrderThenTheEndAgainAndAgain) {
  Pipe<int> pipe(100);
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(pipe.Push(i, 10));
  pipe.Finish();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(ItemOf(pipe.Next(kNever)), i);
  EXPECT_TRUE(IsEnd(pipe.Next(kNever)));
  EXPECT_TRUE(IsEnd(pipe.Next(kNever)));
}

TEST(Pipe, AnErrorComesAfterTheLastGoodItem) {
  Pipe<int> pipe(100);
  EXPECT_TRUE(pipe.Push(1, 10));
  pipe.Fail(Broken());
  EXPECT_EQ(ItemOf(pipe.Next(kNever)), 1);
  for (int i = 0; i < 2; ++i) {
    const Pulled pulled = pipe.Next(kNever);
    ASSERT_FALSE(pulled);
    EXPECT_EQ(pulled.error().what, "read: broken");
    EXPECT_EQ(pulled.error().remedy, Remedy::kCount);
  }
}

TEST(Pipe, AnEmptyOneTimesOutAndAFullOneDoesNot) {
  Pipe<int> pipe(100);
  EXPECT_TRUE(IsTimeout(pipe.Next(kPast)));
  EXPECT_TRUE(pipe.Push(1, 10));
  EXPECT_EQ(ItemOf(pipe.Next(kPast)), 1);
  EXPECT_TRUE(IsTimeout(pipe.Next(kPast)));
}

TEST(Pipe, OneItemIsAlwaysAdmittedHoweverLarge) {
  Pipe<int> pipe(1);
  EXPECT_TRUE(pipe.Push(1, 1'000'000));
  EXPECT_EQ(ItemOf(pipe.Next(kNever)), 1);
}

TEST(Pipe, PushWaitsWhileItIsFull) {
  Pipe<int> pipe(25);
  std::atomic<int> pushed = 0;
  std::thread pusher([&] {
    for (int i = 1; i <= 1'000; ++i) {
      EXPECT_TRUE(pipe.Push(i, 10));
      pushed = i;
      pushed.notify_all();
    }
    pipe.Finish();
  });
  pushed.wait(0);
  for (int i = 1; i <= 1'000; ++i) {
    EXPECT_EQ(ItemOf(pipe.Next(kNever)), i);
    EXPECT_LE(pushed.load(), i + 2) << "more than two items of 10 bytes are in it";
  }
  EXPECT_TRUE(IsEnd(pipe.Next(kNever)));
  pusher.join();
}

TEST(Pipe, AReceiverThatGoesAwayFreesThePusher) {
  Pipe<int> pipe(10);
  EXPECT_TRUE(pipe.Push(1, 10));
  std::thread pusher([&] { EXPECT_FALSE(pipe.Push(2, 10)); });  // full: waits, or comes too late
  pipe.Close();
  pusher.join();
  EXPECT_FALSE(pipe.Push(3, 0));
}

TEST(Pipe, ASenderThatGoesAwayFreesTheReceiver) {
  Pipe<int> finished(10), failed(10);
  std::thread receiver([&] {
    EXPECT_TRUE(IsEnd(finished.Next(kNever)));
    EXPECT_FALSE(failed.Next(kNever));
  });
  finished.Finish();
  failed.Fail(Broken());
  receiver.join();
}

TEST(Pipe, CloseDropsWhatIsInIt) {
  Pipe<std::shared_ptr<int>> pipe(100);
  const auto item = std::make_shared<int>(1);
  EXPECT_TRUE(pipe.Push(item, 10));
  pipe.Close();
  EXPECT_EQ(item.use_count(), 1);
}

}  // namespace
}  // namespace reprocess
