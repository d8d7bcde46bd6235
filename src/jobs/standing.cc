#include "jobs/standing.h"

#include <algorithm>
#include <chrono>

#include "model/time_text.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

// None where nobody has claimed it.
const Checkpoint* CheckpointOf(const ShardSummary& shard) {
  const bool claimed = shard.checkpoint && shard.shard && shard.shard->owner.generation > 0;
  return claimed ? &*shard.checkpoint : nullptr;
}

Outcome OutcomeOf(const ShardSummary& shard) {
  const Checkpoint* checkpoint = CheckpointOf(shard);
  const bool left = checkpoint == nullptr || HasMoreToDo(shard);
  const ShardState state = left ? ShardState::kRunning : checkpoint->state;
  if (state == ShardState::kComplete) return Outcome::kComplete;
  if (state == ShardState::kFinishedWithFailures) return Outcome::kFailedFiles;
  switch (shard.status) {
    case WorkerStatus::kFailed:
      return Outcome::kFailed;
    case WorkerStatus::kCompleted:
      return Outcome::kComplete;
    default:
      return Outcome::kStopped;
  }
}

// A shard stops at its share of the job's limit.
bool LimitReached(std::uint64_t limit, int total, const ShardSummary& shard) {
  if (limit == 0 || total <= 0) return false;
  return shard.worker.counters.success >= ShareOf(limit, shard.index, total);
}

bool Any(const std::vector<Standing>& all, Standing standing) {
  return std::ranges::find(all, standing) != all.end();
}

Standing TogetherOf(const std::vector<Standing>& shards) {
  for (const Standing first : {Standing::kRunning, Standing::kPaused, Standing::kLost,
                               Standing::kStopped, Standing::kFailed, Standing::kPending}) {
    if (Any(shards, first)) return first;
  }
  return Any(shards, Standing::kCancelled) ? Standing::kCancelled : Standing::kCompleted;
}

}  // namespace

std::string_view NameOf(Standing standing) {
  switch (standing) {
    case Standing::kPending:
      return "pending";
    case Standing::kRunning:
      return "running";
    case Standing::kPaused:
      return "paused";
    case Standing::kStopped:
      return "stopped";
    case Standing::kLost:
      return "lost";
    case Standing::kCompleted:
      return "completed";
    case Standing::kFailed:
      return "failed";
    case Standing::kCancelled:
      break;
  }
  return "cancelled";
}

bool HasMoreToDo(const ShardSummary& shard) {
  return shard.status == WorkerStatus::kPending && !shard.updated_at.empty();
}

Standing StandingOf(const ShardSummary& shard, Milliseconds life) {
  const bool ended =
      shard.status == WorkerStatus::kCompleted || shard.status == WorkerStatus::kFailed;
  const Checkpoint* checkpoint = CheckpointOf(shard);
  if (checkpoint && !IsReset(*checkpoint)) {
    const ShardState state = HasMoreToDo(shard) ? ShardState::kRunning : checkpoint->state;
    if (state == ShardState::kComplete) return Standing::kCompleted;
    if (state == ShardState::kFinishedWithFailures) return Standing::kFailed;
    if (!ended && shard.status != WorkerStatus::kCancelled) {
      if (shard.shard->given_back()) return Standing::kStopped;
      if (shard.shard->heartbeat_age > life) return Standing::kLost;
      return shard.shard->throttle == kPausedText ? Standing::kPaused : Standing::kRunning;
    }
  }
  switch (shard.status) {
    case WorkerStatus::kCompleted:
      return Standing::kCompleted;
    case WorkerStatus::kFailed:
      return Standing::kFailed;
    case WorkerStatus::kCancelled:
      return Standing::kCancelled;
    default:
      return Standing::kPending;
  }
}

JobStanding StandingOf(const JobSummary& job, const std::vector<ShardSummary>& shards, bool paused,
                       Milliseconds life) {
  JobStanding standing;
  PlanConfig planned = ReadPlanConfig(job.config);
  const Result<JobConfig>& config = planned.job;
  standing.destination = std::move(planned.destination);
  standing.retry_of = std::move(planned.retry_of);
  standing.dry_run = config && config->dry_run;
  std::vector<Standing> each;
  std::uint64_t total = 0;
  standing.outcome = shards.empty() ? Outcome::kStopped : Outcome::kComplete;
  for (const ShardSummary& shard : shards) {
    each.push_back(StandingOf(shard, life));
    if (each.back() == Standing::kLost) {
      const Milliseconds age = shard.shard->heartbeat_age;
      const bool first = std::ranges::count(each, Standing::kLost) == 1;
      standing.last_sign = first ? age : std::min(standing.last_sign, age);
    }
    standing.outcome = Together(standing.outcome, OutcomeOf(shard));
    standing.limit_reached =
        standing.limit_reached || (config && each.back() == Standing::kCompleted &&
                                   LimitReached(config->limit, job.total_workers, shard));
    standing.stored_bytes += shard.worker.stored_bytes;
    total += shard.worker.total_bytes;
  }
  const auto with_work = [](const ShardSummary& shard) {
    return OutcomeOf(shard) != Outcome::kComplete;
  };
  standing.unfinished = std::ranges::any_of(shards, with_work);
  standing.ended = std::ranges::none_of(
      shards, [](const ShardSummary& shard) { return !Finished(OutcomeOf(shard)); });
  standing.standing = job.status == "cancelled" ? Standing::kCancelled
                      : each.empty()            ? Standing::kPending
                                                : TogetherOf(each);
  if (paused && standing.standing == Standing::kRunning) standing.standing = Standing::kPaused;
  const bool fewer = static_cast<int>(shards.size()) < job.total_workers;
  if (fewer && standing.outcome == Outcome::kComplete) {
    standing.outcome = Outcome::kStopped;
    standing.unfinished = true;
    standing.ended = false;
    if (standing.standing == Standing::kCompleted) standing.standing = Standing::kPending;
  }
  const bool alive = Any(each, Standing::kRunning) || Any(each, Standing::kPaused);
  if (alive) {
    standing.outcome = Outcome::kStopped;  // whatever has become of the other shards
  } else if (standing.standing == Standing::kCancelled) {
    standing.outcome = Outcome::kFailed;
  }
  if (standing.outcome == Outcome::kComplete && job.sum.counters.errors() > 0) {
    standing.outcome = Outcome::kUnsentLines;
  }
  const bool all_read = standing.outcome == Outcome::kComplete && !standing.limit_reached;
  standing.progress =
      total > 0
          ? std::min(1.0, static_cast<double>(standing.stored_bytes) / static_cast<double>(total))
      : all_read ? 1
                 : 0;
  return standing;
}

std::optional<double> SecondsOf(const JobSummary& job, const std::vector<ShardSummary>& shards,
                                const JobStanding& standing, WallTime now) {
  const auto start = ParseRfc3339(job.started_at);
  if (!start) return std::nullopt;
  std::optional<PreciseTime> end = ParseRfc3339(job.completed_at);
  if (!end && (standing.standing == Standing::kRunning || standing.standing == Standing::kPaused)) {
    end = now;
  }
  if (!end) {
    for (const ShardSummary& shard : shards) {
      const auto at = ParseRfc3339(shard.updated_at);
      if (at && (!end || *end < *at)) end = at;
    }
  }
  if (!end) return std::nullopt;
  const std::chrono::duration<double> took = end->time - start->time;
  return std::max(0.0, took.count());
}

}  // namespace reprocess
