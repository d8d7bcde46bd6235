#include "apps/signals.h"

#include <cstdio>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace reprocess {
namespace {

using testing::ExitedWithCode;

constexpr Milliseconds kSoon{50}, kNever{3'600'000};

void Say(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

[[noreturn]] void NeverReturn() {
  for (;;) pause();
}

TEST(StopOnSignals, TheFirstSignalAsks) {
  EXPECT_EXIT(
      {
        const std::stop_token stop = StopOnSignals(kNever, Say);
        kill(getpid(), SIGTERM);
        while (!stop.stop_requested()) std::this_thread::yield();
        _exit(0);
      },
      ExitedWithCode(0), "");
}

TEST(StopOnSignals, TheSecondEndsAtOnce) {
  EXPECT_EXIT(
      {
        const std::stop_token stop = StopOnSignals(kNever, Say);
        kill(getpid(), SIGTERM);
        while (!stop.stop_requested()) std::this_thread::yield();
        kill(getpid(), SIGINT);
        NeverReturn();
      },
      ExitedWithCode(4), "^$");
}

TEST(StopOnSignals, ACallThatNeverReturnsDoesNotOutliveTheTime) {
  EXPECT_EXIT(
      {
        StopOnSignals(kSoon, Say);
        kill(getpid(), SIGTERM);
        NeverReturn();
      },
      ExitedWithCode(4), "not done 50 ms after the signal");
}

TEST(StopOnSignals, NorDoesOneThatIsMadeWhereTheStopIsTold) {
  EXPECT_EXIT(
      {
        const std::stop_token stop = StopOnSignals(kSoon, Say);
        const std::stop_callback hangs(stop, [] { NeverReturn(); });
        kill(getpid(), SIGTERM);
        NeverReturn();
      },
      ExitedWithCode(4), "not done 50 ms after the signal");
}

TEST(StopOnSignals, NorDoesALogThatNobodyReads) {
  EXPECT_EXIT(
      {
        StopOnSignals(kSoon, [](const std::string&) { NeverReturn(); });
        kill(getpid(), SIGTERM);
        NeverReturn();
      },
      ExitedWithCode(4), "");
}

TEST(EndProcess, SaysWhyAndEndsWithTheCode) {
  EXPECT_EXIT(EndProcess(Say, "a commit hangs", 1), ExitedWithCode(1), "^a commit hangs$");
}

TEST(EndProcess, WaitsForNoLogThatNobodyReads) {
  EXPECT_EXIT(EndProcess([](const std::string&) { NeverReturn(); }, "a commit hangs", 1),
              ExitedWithCode(1), "^$");
}

}  // namespace
}  // namespace reprocess
