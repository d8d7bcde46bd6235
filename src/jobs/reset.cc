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

// Whether shards without a row may have a checkpoint: Kafka keeps it where the row was lost (a restore,
// a DELETE). A job of which nobody was ever claimed has no print either.
bool KafkaMayKnow(const ResetPlan& plan, const JobSummary& job,
                  const std::vector<ShardSummary>& shards, bool print) {
  if (plan.kafka.brokers.empty()) return false;
  const auto has = [](const ShardSummary& shard) { return shard.shard.has_value(); };
  if (std::ranges::any_of(shards, has)) {
    return std::ranges::any_of(
        shards, [&](const auto& s) { return has(s) && s.shard->mode == Mode::kExactlyOnce; });
  }
  const PlanConfig planned = ReadPlanConfig(job.config);
  const bool to_kafka = !planned.destination || planned.destination->kind == Destination::kKafka;
  return print && to_kafka && planned.job && !planned.job->dry_run &&
         planned.job->delivery != DeliveryChoice::kAtLeastOnce;
}

// Those without a row, as far as they were asked for, that have a checkpoint all the same.
Result<void> AddLost(const ResetRequest& request, int total_workers,
                     const std::vector<ShardSummary>& shards, const Patience& patience,
                     ResetPlan& plan) {
  for (int index = 0; index < total_workers; ++index) {
    const auto has_row = [&](const ShardSummary& s) { return s.index == index && s.shard; };
    if (request.shard.value_or(index) != index || std::ranges::any_of(shards, has_row)) continue;
    ShardSummary lost;
    lost.index = index;
    lost.shard.emplace().mode = Mode::kExactlyOnce;
    TRY(ResetShard shard, Look(plan, lost, patience));
    if (!shard.checkpoint && shard.unreadable.empty()) continue;
    if (shard.checkpoint) shard.owner.id = shard.checkpoint->owner;
    plan.shards.push_back(std::move(shard));
  }
  std::ranges::sort(plan.shards, {}, &ResetShard::index);
  return {};
}

Result<ResetPlan> TargetsOf(const ResetRequest& request, const JobSummary& job,
                            const std::vector<ShardSummary>& shards) {
  const auto named = ReadPlanConfig(job.config).destination;
  ResetPlan plan{request.job_id, named.value_or(Destination{}), request.kafka, {}};
  const auto uses = [&](auto&& test) {
    return std::ranges::any_of(shards,
                               [&](const auto& s) { return s.shard && test(s.shard->mode); });
  };
  plan.kafka = KafkaOfPlan(std::move(plan.kafka), job.config);
  if (uses(IsKafka) && plan.kafka.brokers.empty()) {
    return Invalid("reset: no Kafka brokers, where the job's checkpoints are", request.job_id,
                   "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
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
  TRY(const auto all, queries.Shards(request.job_id));
  std::vector<ShardSummary> shards = all;
  if (request.shard) {
    std::erase_if(shards, [&](const auto& shard) { return shard.index != *request.shard; });
    if (shards.empty() && *request.shard >= job.total_workers) {
      return Fatal(fmt::format("reset: the job has no shard {}", *request.shard), request.job_id,
                   "`reprocess status` lists its shards", Code::kNotFound);
    }
  }
  TRY(ResetPlan plan, TargetsOf(request, job, all));
  request.step(ResetStep::kOwners);
  TRY_OK(RefuseLiveOwners(queries, request, shards, clock, stop));
  request.step(ResetStep::kKafka);
  const Patience patience = PatienceWithTransactions(request.settings, stop, LogWaiting);
  for (const auto& summary : shards) {
    if (!summary.shard) continue;
    TRY(ResetShard shard, Look(plan, summary, patience));
    plan.shards.push_back(std::move(shard));
  }
  TRY(const bool print, queries.HasPrint(request.job_id));
  if (KafkaMayKnow(plan, job, all, print)) {
    TRY_OK(AddLost(request, job.total_workers, shards, patience, plan));
  }
  plan.print = print && !request.shard;
  if (plan.shards.empty() && !plan.print) {
    return Fatal("reset: no shard of this job was ever begun", request.job_id,
                 "there is nothing to reset", Code::kNotFound);
  }
  return plan;
}

Result<void> CarryOutReset(const ResetRequest& request, const ResetPlan& plan, Queries& queries,
                           const std::stop_token& stop) {
  request.step(ResetStep::kKafka);
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
