// `reprocess plan` as a use case: a job is planned, the plan is stored, and nothing is started. Who
// wants it runs it here (jobs/run_here.h) or submits it.
//
//   again      the same request under the same job id finds the plan that is stored; one that says
//              otherwise, or finds other files, is refused with what differs
//   before     what earlier jobs have sent is told here, and decided on by whoever starts the plan
//   errors     nothing was stored
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/repository.h"
#include "model/destination.h"
#include "model/settings.h"
#include "plan/make_plan.h"
#include "store/queries.h"
#include "worker/run_shard.h"

namespace reprocess {

// What is about to be waited for.
enum class Step : std::uint8_t { kDatabase, kFiles, kKafka, kRepository };

// What was looked at before a new job was stored, in words; each may be empty.
struct Checked {
  std::string target, filters, replayed;
};

// How long a run may take, as fast as an earlier job went.
struct Expectation {
  double seconds = 0;
  std::string job_id;
};

struct PlanJobRequest {
  PlanRequest plan;  // without a job_id a new one is made
  Settings settings;
  RepositoryAccess repository;
  std::function<void(Step)> step;  // told before each; may be absent
  CallKey call{};                  // that asks for it
};

struct PlannedJob {
  Plan plan;
  std::string hash;      // plan/plan_hash.h
  bool existed = false;  // it was stored before
  Destination destination;
  JobConfig config;
  std::vector<PlannedShare> shares;  // by shard
  std::vector<IgnoredFile> ignored;
  std::vector<std::string> warnings;
  Checked checked;  // the target is looked at when the job starts
  std::optional<Expectation> expected;
};

Result<PlannedJob> PlanJob(const PlanJobRequest& request, const World& world,
                           const std::stop_token& stop);

// A plan that is stored, with what can be told of it by itself; kNotFound where there is none.
Result<PlannedJob> StoredPlan(const std::string& job_id, Queries& queries);

// Where a new job sends to: as it is asked for, by `kafka` where it does not say.
Result<Destination> DestinationOfNewJob(const std::optional<Destination>& asked,
                                        const KafkaSettings& kafka);

// By the newest job here that sent to the same kind of place and took long enough to tell.
std::optional<Expectation> Expect(Destination::Kind kind, std::uint64_t bytes, Queries& queries);

// Sortable by time, and valid as part of a transactional id: "20260501-142233-9f3a1c".
std::string NewJobId(WallTime now);

}  // namespace reprocess
