// A new job's plan: which files it reads, cut into which parts, shared out over how many shards, with
// which configuration; and how a stored plan compares with what is there now. Nothing is stored here,
// and nothing is asked: what a person has to decide is in the answer.
//
//   order      shard i of N has positions i, i + N, …, so the list is ordered such that shards have
//              about as many bytes to read, each of them oldest first (plan/balance.h); with a
//              start_file, which is a place in it, by path
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/destination.h"
#include "model/job_config.h"
#include "model/storage.h"
#include "model/stream_map.h"
#include "plan/discover.h"
#include "store/queries.h"

namespace reprocess {

inline constexpr int kMostShards = 100;  // of a job

struct PlanRequest;
// Cuts what was found down before it is shared out; the answer is what the job has to remember of it,
// as JSON.
using Narrow = std::function<Result<std::string>(
    const PlanRequest& request, const JobConfig& config, Queries& queries, PlannedFiles& files,
    std::vector<std::string>& warnings)>;

struct PlanRequest {
  PlanSource source;
  std::string job_id;  // whose files were not replayed before by others; may be empty
  JobConfig given;     // its json: those keys of config.json that were asked for
  Destination destination;
  int shards = 1;         // at most, and at most one a file; 0: one a file, at most kMostShards
  bool new_only = false;  // leave out what an earlier job has sent into the same topic
  Narrow narrow{};        // may be absent
  const StreamMap* streams = nullptr;  // the streams repository, where there is one
};

struct NewPlan {
  JobConfig config;  // its json is what is stored
  PlannedFiles files;
  int shards = 1;
  std::vector<IgnoredFile> ignored;
  std::string
      replayed;  // what earlier jobs have sent of these files into the same topic; or empty:
                 // sending it once more is rarely meant
  std::string compared;  // for people: what was found out about earlier jobs; or empty
};

// Tells `warnings` what may be meant.
Result<NewPlan> MakePlan(const PlanRequest& request, Queries& queries, Storage& storage,
                         std::vector<std::string>& warnings, const std::stop_token& stop);

// What earlier jobs have sent by now of a stored plan's files into the same topic; empty: nothing.
// Of files that --new-only has cut it is not asked.
Result<std::string> ReplayedOfPlan(const Plan& plan, const Destination& destination,
                                   Queries& queries, Storage& storage, const std::stop_token& stop);

// What is below the paths of a stored plan by now.
struct SourceNow {
  std::vector<IgnoredFile> ignored;
  std::vector<std::string> changed;  // files that are no longer what the plan saw, and how
};

// kConflict where files are there that the plan does not have.
Result<SourceNow> CompareWithPlan(const PlanSource& source, const JobConfig& config,
                                  const Plan& plan, Storage& storage, const std::stop_token& stop);

// start_file as the list has it, when one is asked for.
Result<void> ResolveStart(JobConfig& config, const PlannedFiles& files);

}  // namespace reprocess
