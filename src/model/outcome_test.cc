#include "model/outcome.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

constexpr Outcome kAll[] = {
    Outcome::kComplete, Outcome::kAlreadyComplete, Outcome::kUnsentLines,   Outcome::kFailedFiles,
    Outcome::kStopped,  Outcome::kFenced,          Outcome::kTooManyErrors, Outcome::kFailed};

TEST(Outcome, HasTheExitCodesOfTheContract) {
  const int codes[] = {0, 0, 2, 2, 4, 3, 1, 1};
  for (std::size_t i = 0; i < std::size(kAll); ++i) {
    EXPECT_EQ(ExitCodeOf(kAll[i]), codes[i]) << NameOf(kAll[i]);
  }
}

TEST(Outcome, SeveralTogetherEndByTheFirstPresentOfOneThreeFourTwoZero) {
  constexpr int kOrder[] = {1, 3, 4, 2, 0};
  const auto rank = [&](Outcome outcome) {
    return std::ranges::find(kOrder, ExitCodeOf(outcome)) - std::begin(kOrder);
  };
  for (const Outcome a : kAll) {
    for (const Outcome b : kAll) {
      const int together = ExitCodeOf(Together(a, b));
      EXPECT_EQ(together, kOrder[std::min(rank(a), rank(b))]) << NameOf(a) << NameOf(b);
      EXPECT_EQ(Together(a, b), Together(b, a)) << NameOf(a) << NameOf(b);
    }
  }
}

TEST(Outcome, OnlyWhatWasReadAsFarAsItCanBeIsFinished) {
  for (const Outcome outcome : kAll) {
    const int code = ExitCodeOf(outcome);
    EXPECT_EQ(Finished(outcome), code == 0 || code == 2) << NameOf(outcome);
  }
}

}  // namespace
}  // namespace reprocess
