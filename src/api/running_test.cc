#include "api/running.h"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace reprocess {
namespace {

using Answered = Running::Answered;

Answered Said(const std::string& body) {
  HttpServer::Answer answer;
  answer.body = body;
  return answer;
}

TEST(Running, TheSameCallMeanwhileIsMadeOnce) {
  Running running;
  std::latch begun(1), go(1);
  std::atomic<int> made = 0;
  std::jthread first([&] {
    const auto answer = running.Once("k",
                                     [&] {
                                       ++made;
                                       begun.count_down();
                                       go.wait();
                                       return Said("first");
                                     },
                                     {});
    EXPECT_EQ(answer->body, "first");
  });
  begun.wait();
  EXPECT_EQ(running.Once("other", [] { return Said("other"); }, {})->body, "other");
  std::stop_source left;
  left.request_stop();
  EXPECT_EQ(running.Once(
                       "k", [] { return Said("mine"); }, left.get_token())
                .error()
                .code,
            Code::kStopped);
  go.count_down();
  first.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(running.Once("k", [] { return Said("anew"); }, {})->body, "anew");
}

TEST(Running, WhoWaitsForACallerThatHasLeftMakesTheCall) {
  Running running;
  std::latch begun(1), go(1);
  std::jthread first([&] {
    (void)running.Once("k",
                       [&]() -> Answered {
                         begun.count_down();
                         go.wait();
                         return Stopped("start");
                       },
                       {});
  });
  begun.wait();
  std::jthread second(
      [&] { EXPECT_EQ(running.Once("k", [] { return Said("second"); }, {})->body, "second"); });
  go.count_down();
}

TEST(Running, ACallThatThrowsLeavesNothingBehind) {
  Running running;
  EXPECT_THROW((void)running.Once("k", []() -> Answered { throw std::runtime_error("x"); }, {}),
               std::runtime_error);
  EXPECT_EQ(running.Once("k", [] { return Said("anew"); }, {})->body, "anew");
}

}  // namespace
}  // namespace reprocess
