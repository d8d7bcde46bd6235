#include "plan/plan_config.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/worker_config.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDestination = "destination";
constexpr const char* kRetryOf = "retry_of";
constexpr const char* kOnlyMissing = "only_missing";
constexpr const char* kEarlierLimits = "earlier_limits";
constexpr const char* kMadeBy = "made_by";  // store/text.h
constexpr std::string_view kPlanKeys[] = {kDestination, kRetryOf, kOnlyMissing, kEarlierLimits};

Json ObjectOf(std::string_view text) {
  Json object = Json::parse(text, nullptr, false);
  return object.is_object() ? object : Json::object();
}

std::string StringAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json ToJson(const Destination& target) {
  switch (target.kind) {
    case Destination::kKafka:
      return {{"kind", "kafka"}, {"brokers", target.brokers}, {"topic", target.topic}};
    case Destination::kFiles:
      return {{"kind", "files"}, {"directory", target.directory}};
    case Destination::kNone:
      break;
  }
  return {{"kind", "none"}};
}

std::optional<Destination> DestinationIn(const Json& plan) {
  const auto found = plan.find(kDestination);
  if (found == plan.end() || !found->is_object()) return std::nullopt;
  const std::string kind = StringAt(*found, "kind");
  if (kind == "kafka") {
    return Destination{
        Destination::kKafka, StringAt(*found, "brokers"), StringAt(*found, "topic"), {}};
  }
  if (kind == "files")
    return Destination{Destination::kFiles, {}, {}, StringAt(*found, "directory")};
  if (kind == "none") return Destination{Destination::kNone, {}, {}, {}};
  return std::nullopt;
}

// The keys that were asked for, with what planning made of them.
Json Planned(const JobConfig& config) {
  Json object = ObjectOf(config.json);
  if (!config.stream_connections.empty()) {
    object.emplace("stream_connections", config.stream_connections);
  }
  if (config.throttle.max_errors) {
    object.emplace("max_errors", ToText(*config.throttle.max_errors));
  }
  if (!config.start_file.empty()) object["start_file"] = config.start_file;
  return object;
}

std::unexpected<Error> Differs(std::string_view what, std::string_view stored,
                               std::string_view asked) {
  const bool limit = std::ranges::find(kLimitKeys, what) != kLimitKeys.end();
  return Fatal(fmt::format("resume job: its plan has {} {}, not {}", what, stored, asked), {},
               fmt::format("leave the option out to go on as planned, or {}",
                           limit             ? "change the job's limits with `reprocess set`"
                           : what == "limit" ? "raise it with --limit +N or --no-limit"
                                             : "start a new job without --job"),
               Code::kConflict);
}

}  // namespace

PlanConfig ReadPlanConfig(std::string_view text) {
  const Json object = ObjectOf(text);
  PlanConfig plan{.destination = DestinationIn(object), .retry_of = StringAt(object, kRetryOf)};
  if (const auto found = object.find(kOnlyMissing); found != object.end()) {
    plan.only_missing = found->dump();
  }
  plan.job = ParseJobConfig(object.empty() ? "{}" : text, "stored configuration", plan.warnings,
                            kPlanKeys);
  if (!plan.job) return plan;
  if (const auto found = object.find(kEarlierLimits); found != object.end()) {
    for (const Json& limit : *found) {
      if (limit.is_number_unsigned()) plan.job->earlier_limits.push_back(limit);
    }
  }
  if (plan.destination) plan.job->dry_run = plan.destination->kind == Destination::kNone;
  plan.job->json = text;
  return plan;
}

Result<std::string> PlanConfigText(const JobConfig& config,
                                   const std::optional<Destination>& target,
                                   std::string_view only_missing) {
  Json object = Planned(config);
  if (!only_missing.empty()) object[kOnlyMissing] = ObjectOf(only_missing);
  if (target) object[kDestination] = ToJson(*target);
  try {
    return object.dump();
  } catch (const Json::type_error&) {
    return Invalid(
        "plan job: its start file, or the folder that it writes to, has a name that is "
        "no UTF-8",
        {}, "give it another name");
  }
}

std::string WorkersConfig(std::string_view plan_config) {
  Json config = ObjectOf(plan_config);
  const auto destination = DestinationIn(config);
  for (const std::string_view ours : kPlanKeys) config.erase(std::string(ours));
  config.erase(kMadeBy);
  if (destination && destination->kind == Destination::kNone) config["dry_run"] = true;
  return config.dump();
}

PlanConfig ConfigOfRetry(std::string_view plan_config, const std::string& job_id) {
  Json object = ObjectOf(plan_config);
  for (const char* key : {kDestination, "limit", kOnlyMissing, kEarlierLimits, "start_file",
                          "start_line", "max_errors", kMadeBy}) {
    object.erase(key);
  }
  object[kRetryOf] = job_id;
  return ReadPlanConfig(object.dump());
}

Result<std::string> WithLimitRaised(std::string_view plan_config, std::uint64_t more) {
  Json object = ObjectOf(plan_config);
  const auto found = object.find("limit");
  const bool limited = found != object.end() && found->is_number_unsigned() && *found > 0;
  if (!limited) {
    return Fatal("raise the limit: the job has none", {}, "leave the option out", Code::kConflict);
  }
  const auto limit = found->get<std::uint64_t>();
  if (more > INT64_MAX - limit) return Invalid("raise the limit: it would be too large");
  object[kEarlierLimits].push_back(limit);
  if (more > 0) {
    object["limit"] = limit + more;
  } else {
    object.erase("limit");
  }
  return object.dump();
}

KafkaSettings KafkaOfPlan(KafkaSettings given, std::string_view plan_config) {
  Destination named = DestinationIn(ObjectOf(plan_config)).value_or(Destination{});
  if (given.brokers.empty()) given.brokers = std::move(named.brokers);
  if (!named.topic.empty()) given.topic = std::move(named.topic);
  return given;
}

Result<void> CheckAgainstPlan(std::string_view plan_config, const JobConfig& given,
                              const std::optional<Destination>& target) {
  const Json stored = ObjectOf(plan_config);
  const Json asked = Planned(given);
  for (const auto& [key, value] : asked.items()) {
    const auto found = stored.find(key);
    if (found == stored.end() || *found != value) {
      return Differs(key, found == stored.end() ? "unset" : found->dump(), value.dump());
    }
  }
  if (!target) return {};
  const auto planned = DestinationIn(stored);
  const bool same = planned && planned->kind == target->kind &&
                    (target->topic.empty() || target->topic == planned->topic) &&
                    (target->directory.empty() || target->directory == planned->directory);
  if (!same) {
    return Differs("destination", planned ? Describe(*planned) : "unset", Describe(*target));
  }
  return {};
}

}  // namespace reprocess
