#include "base/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;

Result<std::string> Shell(const std::string& script, Milliseconds timeout = Milliseconds(60'000)) {
  return OutputOf({{"sh", "-c", script}, {"GIVEN=here", "HOME=/elsewhere"}, timeout}, SystemClock(),
                  {});
}

TEST(ChildProcess, ReturnsWhatItPrintedInAnEnvironmentOfOursAndTheGiven) {
  const auto output = Shell("echo $GIVEN $HOME; test -n \"$PATH\" && cat");
  ASSERT_TRUE(output) << output.error().ToString();
  EXPECT_EQ(*output, "here /elsewhere\n");
}

TEST(ChildProcess, SaysHowItEndedAndNotWhatItPrinted) {
  const auto output = Shell("echo secret; exit 3");
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().ToString(), "it ended with code 3");
  const auto absent = OutputOf({{"/no/such/program"}}, SystemClock(), {});
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().what, HasSubstr("/no/such/program"));
}

TEST(ChildProcess, OneThatHangsIsGivenUpWithAllItStarted) {
  const auto output = Shell("sleep 600 & wait", Milliseconds(20));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Code::kTimedOut);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = OutputOf({{"sleep", "600"}}, SystemClock(), stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::kStopped);
}

TEST(ChildProcess, EndlessOutputIsBounded) {
  const auto output = Shell("exec yes");
  ASSERT_FALSE(output);
  EXPECT_THAT(output.error().what, HasSubstr("more than"));
}

}  // namespace
}  // namespace reprocess
