// The configuration text of a stored plan: config.json's keys, "destination", "retry_of" where it
// sends what another job could not, "only_missing" where it sends what its topic lacked, and
// "earlier_limits" where the limit was raised.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/destination.h"
#include "model/job_config.h"
#include "model/settings.h"

namespace reprocess {

// `given` (a JSON object of config.json's keys) with the destination added.
std::string PlanConfig(std::string_view given, const Destination& target);

// What a retry of job `job_id` is given: the job's filters and addresses, and "retry_of".
std::string GivenForRetry(std::string_view plan_config, const std::string& job_id);

// The plan's configuration with its limit raised by `more` (0: with none), and the limit that it had
// in "earlier_limits": shards may stand at it.
Result<std::string> WithLimitRaised(std::string_view plan_config, std::uint64_t more);

// `given` with start_file as the list has it.
std::string WithStartFile(std::string_view given, const std::string& path);

// `given` with the max_errors of a job that says nothing of it.
std::string WithMaxErrors(std::string_view given);

// `given` with what its only_connections came to (plan/only_connections.h).
std::string WithStreamConnections(
    std::string_view given, const std::map<std::string, std::vector<std::string>>& connections);

// What a job that sends what its topic lacked remembers of it, as JSON text; empty: it is none.
std::string WithOnlyMissing(std::string_view given, std::string_view only_missing);
std::string OnlyMissingOf(std::string_view plan_config);

// The part that is config.json, checked. `where` names it in messages.
Result<JobConfig> ConfigOfPlan(std::string_view plan_config, std::string_view where,
                               std::vector<std::string>& warnings);

// The job whose failed lines this one sends; or empty.
std::string RetryOf(std::string_view plan_config);

// The destination that a job's configuration names; nullopt where it names none (a worker's own).
std::optional<Destination> DestinationOfPlan(std::string_view plan_config);

// Where a job's records are: `given`, with the topic that its configuration names, and its brokers
// where none are given.
KafkaSettings KafkaOfPlan(KafkaSettings given, std::string_view plan_config);

// Whether `given` and `target` ask for nothing that the plan does not say: else an error naming the
// key and both values. Brokers may differ: a cluster can move.
Result<void> CheckAgainstPlan(std::string_view plan_config, std::string_view given,
                              const std::optional<Destination>& target);

}  // namespace reprocess
