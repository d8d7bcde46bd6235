#include "jobs/watch.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

JobOverview JobThat(Standing standing, Outcome outcome) {
  JobOverview job;
  job.job.status = "running";
  job.standing.standing = standing;
  job.standing.outcome = outcome;
  return job;
}

TEST(Watching, EndsWhereNothingMoreWillHappenByItself) {
  EXPECT_EQ(EndOf(JobThat(Standing::kRunning, Outcome::kStopped)), std::nullopt);
  EXPECT_EQ(EndOf(JobThat(Standing::kPaused, Outcome::kStopped)), std::nullopt);
  EXPECT_EQ(EndOf(JobThat(Standing::kPending, Outcome::kStopped)), std::nullopt);
  EXPECT_EQ(EndOf(JobThat(Standing::kLost, Outcome::kStopped)), std::nullopt);
  EXPECT_EQ(EndOf(JobThat(Standing::kStopped, Outcome::kStopped)), Outcome::kStopped);
  EXPECT_EQ(EndOf(JobThat(Standing::kCompleted, Outcome::kUnsentLines)), Outcome::kUnsentLines);
  EXPECT_EQ(EndOf(JobThat(Standing::kFailed, Outcome::kFailed)), Outcome::kFailed);
  EXPECT_EQ(EndOf(JobThat(Standing::kCancelled, Outcome::kStopped)), std::nullopt)
      << "its workers commit what is open";
  EXPECT_EQ(EndOf(JobThat(Standing::kCancelled, Outcome::kFailed)), Outcome::kFailed);
}

TEST(Watching, OnKubernetesEndsWithTheVerdictAlone) {
  JobOverview job = JobThat(Standing::kCompleted, Outcome::kComplete);
  job.job.kubernetes = {.phase = "finding out how it ended", .ended = false};
  EXPECT_EQ(EndOf(job), std::nullopt);
  job.job.kubernetes = {.phase = "", .ended = true};
  EXPECT_EQ(EndOf(job), Outcome::kComplete);
  job.standing.outcome = Outcome::kStopped;  // a shard was never claimed
  job.job.status = "failed";
  EXPECT_EQ(EndOf(job), Outcome::kFailed);
  job.standing.outcome = Outcome::kFailedFiles;
  EXPECT_EQ(EndOf(job), Outcome::kFailedFiles);
  job.job.status = "cancelled";
  job.standing.outcome = Outcome::kStopped;
  EXPECT_EQ(EndOf(job), Outcome::kFailed);
}

}  // namespace
}  // namespace reprocess
