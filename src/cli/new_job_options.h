// Options of the commands that plan a new job, and what they ask for.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.h"
#include "cli/command.h"
#include "cli/next_steps.h"
#include "cli/options.h"
#include "cli/silence.h"
#include "config/worker_config.h"
#include "jobs/plan_job.h"
#include "model/destination.h"

namespace reprocess {
namespace option {

inline constexpr Option kKafka{kWhere, "--kafka", "BROKERS", "host:port, comma separated"},
    kTopic{kWhere, "--topic", "NAME", "destinations topic"},
    kOut{kWhere, "--out", "DIR", "write to DIR/JOB/SHARD.ndjson instead of Kafka"},
    kNewOnly{kHow, "--new-only", "", "of files that an earlier job has replayed, only what is new"},
    kPlanIsMeant{kHow, "--yes", "", "do not ask whether the plan is what was meant"},
    kNewJob{kHow, "--job", "ID", "name of the new job"},
    kWorkers{kHow, "--workers", "N", "share the files out over N workers (default: one a file)"};

}  // namespace option

// The environment with the options in their variables' place; the topic is empty where none is named.
Result<EnvironmentConfig> NewJobsConfigOf(const Given& given, const Environment& environment);

// nullopt: none by name.
Result<std::optional<Destination>> DestinationAsked(const Given& given);

// What each Step waits for, in the words of the option or variable that named it.
std::array<std::string, 4> WaitsFor(const Given& given, const KafkaSettings& kafka);

// Tells it once a step lasts; borrows `silence`.
std::function<void(Step)> TellSteps(Silence& silence, std::array<std::string, 4> waits_for);

// A job to be planned, and where it is stored.
struct PlanCommand {
  PlanJobRequest request;
  std::string database_url;
  std::vector<std::string> warnings;
  JobOptions options;                    // that later commands about the job need
  std::array<std::string, 4> waits_for;  // by Step
};
Result<PlanCommand> PlanCommandOf(const Given& given, const Environment& environment);

}  // namespace reprocess
