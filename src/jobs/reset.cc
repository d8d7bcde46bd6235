#include "jobs/reset.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "filesink/file_sink.h"
#include "kafka/committed.h"
#include "kafka/kafka_sink.h"
#include "plan/plan_config.h"
#include "replay/new_owner.h"
#include "worker/await_database.h"

namespace reprocess {
namespace {

constexpr Milliseconds kLook{250};

// An error when a heartbeat of one of the shards moves. One older than three intervals is dead, and
// needs no watching.
Result<void> RefuseLiveOwners(Queries& queries, const ResetRequest& request,
                              const std::vector<ShardSummary>& before, Clock& clock,
                              const std::stop_token& stop) {
  const auto watched = [&](const ShardSummary& shard) {
    return shard.shard && (!request.shard || *request.shard == shard.index) &&
           shard.shard->heartbeat_age < 3 * request.settings.heartbeat_interval;
  };
  if (std::ranges::none_of(before, watched)) return {};
  const SteadyTime end = clock.Now() + request.settings.claim_wait;
  while (clock.Now() < end) {
    if (!clock.SleepFor(kLook, stop)) {
      return Fatal("reset: stopped", request.job_id, {}, Code::kStopped);
    }
    TRY(const auto now, queries.Shards(request.job_id));
    for (const auto& shard : now) {
      const auto then = std::ranges::find(before, shard.index, &ShardSummary::index);
      if (then == before.end() || !watched(*then) || !shard.shard) continue;
      if (shard.shard->heartbeat_ms != then->shard->heartbeat_ms) {
        return Fatal(fmt::format("reset: shard {} is being worked on by {} on {}", shard.index,
                                 shard.shard->owner.id, shard.shard->owner.host),
                     request.job_id, "stop it, then reset", Code::kConflict);
      }
    }
  }
  return {};
}

bool IsKafka(Mode mode) {
  return mode == Mode::kExactlyOnce || mode == Mode::kAtLeastOnce;
}

Result<ResetShard> Look(const ResetPlan& plan, const ShardSummary& summary,
                        const Patience& patience) {
  ResetShard shard{summary.index, summary.shard->mode, summary.shard->owner, {}, {}, 0};
  TRY(const auto text,
      CommittedText(plan.kafka, {plan.job_id, summary.index}, *summary.shard, patience));
  if (text) {
    auto checkpoint = Decode(*text);
    if (checkpoint) {
      shard.checkpoint = std::move(*checkpoint);
    } else {
      shard.unreadable = checkpoint.error().what;
    }
  }
  if (shard.mode != Mode::kDryRun) {
    shard.sent =
        shard.checkpoint ? shard.checkpoint->shard.success : summary.worker.counters.success;
  }
  return shard;
}

Result<ResetPlan> TargetsOf(const ResetRequest& request, const JobSummary& job,
                            const std::vector<ShardSummary>& shards) {
  const auto named = ReadPlanConfig(job.config).destination;
  ResetPlan plan{request.job_id, named.value_or(Destination{}), request.kafka, {}};
  const auto uses = [&](auto&& test) {
    return std::ranges::any_of(shards,
                               [&](const auto& s) { return s.shard && test(s.shard->mode); });
  };
  if (uses(IsKafka)) {
    plan.kafka = KafkaOfPlan(std::move(plan.kafka), job.config);
    if (plan.kafka.brokers.empty()) {
      return Invalid("reset: no Kafka brokers, where the job's checkpoints are", request.job_id,
                     "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
    }
  }
  if (uses([](Mode mode) { return mode == Mode::kFiles; }) && plan.destination.directory.empty()) {
    return Fatal("reset: the job's row does not say where its files are", request.job_id);
  }
  return plan;
}

// Generations only grow: above the row's, and above what is committed where that can be read.
Result<void> ResetOne(const ResetRequest& request, const ResetPlan& plan, Queries& queries,
                      const ResetShard& shard, const std::stop_token& stop) {
  std::uint64_t generation = shard.owner.generation;
  if (shard.checkpoint) generation = std::max(generation, shard.checkpoint->generation);
  Owner owner = NewOwner();
  owner.generation = generation + 1;
  Checkpoint start;
  start.owner = owner.id;
  start.generation = owner.generation;
  const ShardRef ref{plan.job_id, shard.index};
  if (shard.mode == Mode::kFiles) {
    TRY_OK(ResetFile(plan.destination.directory, ref, Encode(start)));
  } else if (shard.mode == Mode::kExactlyOnce) {
    TRY(const auto sink, MakeKafkaSink(plan.kafka, request.settings, ref, Mode::kExactlyOnce));
    TRY_OK(sink->Open(stop));
    TRY_OK(sink->Begin());
    TRY_OK(sink->Commit(Encode(start), request.settings.kafka_timeout));
  }
  return queries.ClearShard(ref, owner, Encode(start));
}

}  // namespace

Result<ResetPlan> PlanReset(const ResetRequest& request, Queries& queries, Clock& clock,
                            const std::stop_token& stop) {
  TRY(const auto job, queries.Job(request.job_id));
  TRY(auto shards, queries.Shards(request.job_id));
  if (request.shard) {
    std::erase_if(shards, [&](const auto& shard) { return shard.index != *request.shard; });
    if (shards.empty()) {
      return Fatal(fmt::format("reset: the job has no shard {}", *request.shard), request.job_id,
                   "`reprocess status` lists its shards", Code::kNotFound);
    }
  }
  TRY(ResetPlan plan, TargetsOf(request, job, shards));
  TRY_OK(RefuseLiveOwners(queries, request, shards, clock, stop));
  const Patience patience = PatienceWithTransactions(request.settings, stop, LogWaiting);
  for (const auto& summary : shards) {
    if (!summary.shard) continue;
    TRY(ResetShard shard, Look(plan, summary, patience));
    plan.shards.push_back(std::move(shard));
  }
  if (!request.shard) {
    TRY(plan.print, queries.HasPrint(request.job_id));
  }
  if (plan.shards.empty() && !plan.print) {
    return Fatal("reset: no shard of this job was ever begun", request.job_id,
                 "there is nothing to reset", Code::kNotFound);
  }
  return plan;
}

Result<void> CarryOutReset(const ResetRequest& request, const ResetPlan& plan, Queries& queries,
                           const std::stop_token& stop) {
  for (const auto& shard : plan.shards) {
    auto done = ResetOne(request, plan, queries, shard, stop);
    if (!done) {
      return std::unexpected(
          WithContext(fmt::format("reset shard {}", shard.index), std::move(done).error()));
    }
  }
  return plan.print ? queries.ForgetPrint(plan.job_id) : Result<void>{};
}

}  // namespace reprocess
