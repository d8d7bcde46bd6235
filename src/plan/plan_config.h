// The configuration text of a plan: config.json's keys as they were asked for, what planning made of
// them, and four keys of its own: "destination", "retry_of" where it sends what another job could not,
// "only_missing" where it sends what its topic lacked, and "earlier_limits" where the limit was raised.
// Keys that nobody knows stay as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/destination.h"
#include "model/job_config.h"
#include "model/settings.h"

namespace reprocess {

struct PlanConfig {
  std::optional<Destination> destination{};  // nullopt: it names none (a worker's own)
  std::string retry_of{};                    // the job whose failed lines this one sends; or empty
  // What a job that sends what its topic lacked remembers of it, as JSON; empty: it is none.
  std::string only_missing{};
  Result<JobConfig> job{};  // the part that is config.json, checked; its json is the whole text
  std::vector<std::string> warnings{};  // of `job`
};

// Of a row. A text that is no JSON object says nothing.
PlanConfig ReadPlanConfig(std::string_view text);

// As it is stored: config.json, which is what was asked for, with what planning has added to
// `config`, and the keys that are given here. kInvalid: a path is no UTF-8.
Result<std::string> PlanConfigText(const JobConfig& config,
                                   const std::optional<Destination>& target = {},
                                   std::string_view only_missing = {});

// config.json of a plan, as workers read it.
std::string WorkersConfig(std::string_view plan_config);

// What a retry of job `job_id` goes by: the job's filters and addresses.
PlanConfig ConfigOfRetry(std::string_view plan_config, const std::string& job_id);

// The plan's configuration with its limit raised by `more` (0: with none), and the limit that it had
// in "earlier_limits": shards may stand at it.
Result<std::string> WithLimitRaised(std::string_view plan_config, std::uint64_t more);

// Where a job's records are: `given`, with the topic that its configuration names, and its brokers
// where none are given.
KafkaSettings KafkaOfPlan(KafkaSettings given, std::string_view plan_config);

// Whether `given` and `target` ask for nothing that the plan does not say: else an error naming the
// key and both values. Brokers may differ: a cluster can move.
Result<void> CheckAgainstPlan(std::string_view plan_config, const JobConfig& given,
                              const std::optional<Destination>& target);

}  // namespace reprocess
