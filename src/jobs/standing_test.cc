#include "jobs/standing.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

constexpr Milliseconds kLife{6'000};

struct Told {
  WorkerStatus status = WorkerStatus::kRunning;
  ShardState state = ShardState::kRunning;
  int seconds_ago = 1;  // -1: given back; -2: never claimed
  const char* throttle = "";
};

ShardSummary ShardOf(const Told& told, int index = 0) {
  ShardSummary shard;
  shard.index = index;
  shard.status = told.status;
  shard.worker.counters.success = 5;
  shard.worker.stored_bytes = 45;
  shard.worker.total_bytes = 100;
  if (told.seconds_ago == -2) return shard;
  Checkpoint checkpoint;
  checkpoint.state = told.state;
  checkpoint.fingerprint = "0123456789abcdef";
  ShardRow row;
  row.owner = {"a", "host", 1};
  row.heartbeat_age = Milliseconds(told.seconds_ago * 1'000);
  row.heartbeat_ms = told.seconds_ago == -1 ? 0 : 1;
  row.throttle = told.throttle;
  shard.shard = row;
  shard.checkpoint = checkpoint;
  return shard;
}

JobSummary JobOf(const char* status, int workers, const char* config = "{}") {
  JobSummary job;
  job.id = "j";
  job.status = status;
  job.total_workers = workers;
  job.config = config;
  return job;
}

constexpr auto kRunning = WorkerStatus::kRunning;
constexpr auto kCompleted = WorkerStatus::kCompleted;
constexpr auto kFailed = WorkerStatus::kFailed;

TEST(Standing, OfAShardIsWhatItsOwnerLastToldAndWhetherItStillDoes) {
  const struct {
    Told told;
    Standing standing;
  } rows[] = {
      {{kRunning, ShardState::kRunning, 1, ""}, Standing::kRunning},
      {{kRunning, ShardState::kRunning, 1, "rate limit"}, Standing::kRunning},
      {{kRunning, ShardState::kRunning, 1, "paused"}, Standing::kPaused},
      {{kRunning, ShardState::kRunning, 41, "paused"}, Standing::kLost},
      {{kRunning, ShardState::kRunning, -1, ""}, Standing::kStopped},
      {{kFailed, ShardState::kRunning, 41, ""}, Standing::kFailed},
      {{kFailed, ShardState::kRunning, -1, ""}, Standing::kFailed},
      {{kCompleted, ShardState::kComplete, -1, ""}, Standing::kCompleted},
      {{kRunning, ShardState::kComplete, 41, ""}, Standing::kCompleted},  // died before its row
      {{kFailed, ShardState::kFinishedWithFailures, -1, ""}, Standing::kFailed},
      {{kRunning, ShardState::kRunning, -2, ""}, Standing::kPending},  // it has told nothing yet
      {{WorkerStatus::kCancelled, ShardState::kRunning, -1, ""}, Standing::kCancelled},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(NameOf(StandingOf(ShardOf(row.told), kLife)), NameOf(row.standing));
  }
}

TEST(Standing, OfAJobIsThatOfTheShardsThatHaveWorkLeft) {
  const Told alive{kRunning, ShardState::kRunning, 1, ""};
  const Told held{kRunning, ShardState::kRunning, 1, "paused"};
  const Told lost{kRunning, ShardState::kRunning, 41, ""};
  const Told stopped{kRunning, ShardState::kRunning, -1, ""};
  const Told done{kCompleted, ShardState::kComplete, -1, ""};
  const Told files{kFailed, ShardState::kFinishedWithFailures, -1, ""};
  const Told fatal{kFailed, ShardState::kRunning, 41, ""};
  const struct {
    std::vector<Told> shards;
    Standing standing;
    int exit;
    bool unfinished, ended;
  } rows[] = {
      {{}, Standing::kPending, 4, false, true},
      {{alive, lost}, Standing::kRunning, 4, true, false},
      {{alive, fatal}, Standing::kRunning, 4, true, false},
      {{held, fatal}, Standing::kPaused, 4, true, false},
      {{done, lost}, Standing::kLost, 4, true, false},
      {{done, stopped}, Standing::kStopped, 4, true, false},
      {{done, done}, Standing::kCompleted, 0, false, true},
      {{done, files}, Standing::kFailed, 2, true, true},
      {{done, fatal}, Standing::kFailed, 1, true, false},
      {{done}, Standing::kPending, 4, true, false},  // one of two
  };
  for (const auto& row : rows) {
    std::vector<ShardSummary> shards;
    for (const Told& told : row.shards) {
      shards.push_back(ShardOf(told, static_cast<int>(shards.size())));
    }
    const JobStanding job = StandingOf(JobOf("running", 2), shards, false, kLife);
    EXPECT_EQ(NameOf(job.standing), NameOf(row.standing));
    EXPECT_EQ(ExitCodeOf(job.outcome), row.exit) << NameOf(row.standing);
    EXPECT_EQ(job.unfinished, row.unfinished) << NameOf(row.standing);
    EXPECT_EQ(job.ended, row.ended) << NameOf(row.standing);
  }
}

TEST(Standing, OfACancelledJobIsFinalOnceNobodyWorksOnIt) {
  const Told alive{kRunning, ShardState::kRunning, 1, ""};
  const Told cancelled{WorkerStatus::kCancelled, ShardState::kRunning, -1, ""};
  const Told done{kCompleted, ShardState::kComplete, -1, ""};
  const Told lost{kRunning, ShardState::kRunning, 41, ""};
  const struct {
    std::vector<Told> shards;
    int exit;
  } rows[] = {
      {{}, 1},
      {{alive, cancelled}, 4},
      {{cancelled, cancelled}, 1},
      {{done, lost}, 1},
  };
  for (const auto& row : rows) {
    std::vector<ShardSummary> shards;
    for (const Told& told : row.shards) {
      shards.push_back(ShardOf(told, static_cast<int>(shards.size())));
    }
    const JobStanding job = StandingOf(JobOf("cancelled", 2), shards, false, kLife);
    EXPECT_EQ(job.standing, Standing::kCancelled);
    EXPECT_EQ(ExitCodeOf(job.outcome), row.exit);
  }
}

TEST(Standing, OfAShardWhoseLimitWasRaisedIsStoppedUntilItGoesOn) {
  ShardSummary shard = ShardOf({WorkerStatus::kPending, ShardState::kComplete, -1, ""});
  shard.updated_at = "2026-05-01T00:00:00Z";
  const JobStanding job = StandingOf(JobOf("running", 1), {shard}, false, kLife);
  EXPECT_EQ(NameOf(job.standing), NameOf(Standing::kStopped));
  EXPECT_EQ(ExitCodeOf(job.outcome), 4);
  EXPECT_TRUE(job.unfinished);
}

TEST(Standing, KnowsLimitsDryRunsRetriesAndErrors) {
  const ShardSummary done = ShardOf({kCompleted, ShardState::kComplete, -1, ""});
  const auto standing = [&](const char* config) {
    return StandingOf(JobOf("completed", 1, config), {done}, false, kLife);
  };
  EXPECT_FALSE(standing("{}").limit_reached);
  EXPECT_FALSE(standing(R"({"limit":6})").limit_reached);
  EXPECT_TRUE(standing(R"({"limit":5})").limit_reached);
  EXPECT_TRUE(standing(R"({"destination":{"kind":"none"}})").dry_run);
  EXPECT_EQ(standing(R"({"retry_of":"other"})").retry_of, "other");
  EXPECT_DOUBLE_EQ(standing("{}").progress, 0.45) << "by stored bytes";
  JobSummary job = JobOf("completed", 1);
  job.sum.counters[Reason::kInvalidJson] = 1;
  EXPECT_EQ(StandingOf(job, {done}, false, kLife).outcome, Outcome::kUnsentLines);
}

TEST(Standing, AJobIsPausedWhereItsShardsLiveAndTheOperatorHoldsThem) {
  const ShardSummary alive = ShardOf({kRunning, ShardState::kRunning, 1, ""});
  const ShardSummary lost = ShardOf({kRunning, ShardState::kRunning, 41, ""});
  EXPECT_EQ(StandingOf(JobOf("running", 1), {alive}, true, kLife).standing, Standing::kPaused);
  EXPECT_EQ(StandingOf(JobOf("running", 1), {lost}, true, kLife).standing, Standing::kLost);
  EXPECT_EQ(StandingOf(JobOf("running", 1), {lost}, true, kLife).last_sign, Milliseconds(41'000));
}

TEST(Standing, AJobTakesFromItsStartToItsEndOrToTheLastThatIsKnown) {
  JobSummary job = JobOf("running", 1);
  const auto took = [&](Standing now, const char* updated) {
    ShardSummary shard;
    shard.updated_at = updated;
    JobStanding standing;
    standing.standing = now;
    return SecondsOf(job, {shard}, standing, *ParseRfc3339("2026-05-01T01:00:00Z"));
  };
  EXPECT_EQ(took(Standing::kPending, ""), std::nullopt);
  job.started_at = "2026-05-01T00:00:00Z";
  EXPECT_EQ(took(Standing::kRunning, "2026-05-01T00:30:00Z"), 3'600);
  EXPECT_EQ(took(Standing::kLost, "2026-05-01T00:30:00Z"), 1'800);
  job.completed_at = "2026-05-01T00:10:00Z";
  EXPECT_EQ(took(Standing::kCompleted, "2026-05-01T00:30:00Z"), 600);
}

}  // namespace
}  // namespace reprocess
