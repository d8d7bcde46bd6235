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

std::string PlanConfig(std::string_view given, const Destination& target) {
  Json object = ObjectOf(given);
  object[kDestination] = ToJson(target);
  return object.dump();
}

std::string GivenForRetry(std::string_view plan_config, const std::string& job_id) {
  Json object = ObjectOf(plan_config);
  for (const char* key : {kDestination, "limit", kOnlyMissing, kEarlierLimits, "start_file",
                          "start_line", "max_errors", "made_by"}) {
    object.erase(key);
  }
  object[kRetryOf] = job_id;
  return object.dump();
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

std::string WithStartFile(std::string_view given, const std::string& path) {
  Json object = ObjectOf(given);
  object["start_file"] = path;
  return object.dump();
}

std::string WithMaxErrors(std::string_view given) {
  Json object = ObjectOf(given);
  object.emplace("max_errors", kDefaultMaxErrors);
  return object.dump();
}

std::string WithStreamConnections(
    std::string_view given, const std::map<std::string, std::vector<std::string>>& connections) {
  Json object = ObjectOf(given);
  object["stream_connections"] = connections;
  return object.dump();
}

std::string WithOnlyMissing(std::string_view given, std::string_view only_missing) {
  Json object = ObjectOf(given);
  object[kOnlyMissing] = ObjectOf(only_missing);
  return object.dump();
}

std::string OnlyMissingOf(std::string_view plan_config) {
  const Json object = ObjectOf(plan_config);
  const auto found = object.find(kOnlyMissing);
  return found != object.end() ? found->dump() : std::string();
}

Result<JobConfig> ConfigOfPlan(std::string_view plan_config, std::string_view where,
                               std::vector<std::string>& warnings) {
  Json object = ObjectOf(plan_config);
  for (const char* key : {kDestination, kRetryOf, kOnlyMissing}) object.erase(key);
  std::vector<std::uint64_t> earlier_limits;
  if (const auto found = object.find(kEarlierLimits); found != object.end()) {
    for (const Json& limit : *found) {
      if (limit.is_number_unsigned()) earlier_limits.push_back(limit.get<std::uint64_t>());
    }
    object.erase(found);
  }
  TRY(JobConfig config, ParseJobConfig(object.dump(), where, warnings));
  config.earlier_limits = std::move(earlier_limits);
  config.json = plan_config;
  return config;
}

std::string RetryOf(std::string_view plan_config) {
  return StringAt(ObjectOf(plan_config), kRetryOf);
}

std::optional<Destination> DestinationOfPlan(std::string_view plan_config) {
  const Json object = ObjectOf(plan_config);
  const auto found = object.find(kDestination);
  if (found == object.end() || !found->is_object()) return std::nullopt;
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

KafkaSettings KafkaOfPlan(KafkaSettings given, std::string_view plan_config) {
  Destination named = DestinationOfPlan(plan_config).value_or(Destination{});
  if (given.brokers.empty()) given.brokers = std::move(named.brokers);
  if (!named.topic.empty()) given.topic = std::move(named.topic);
  return given;
}

Result<void> CheckAgainstPlan(std::string_view plan_config, std::string_view given,
                              const std::optional<Destination>& target) {
  const Json stored = ObjectOf(plan_config);
  const Json asked = ObjectOf(given);
  for (const auto& [key, value] : asked.items()) {
    const auto found = stored.find(key);
    if (found == stored.end() || *found != value) {
      return Differs(key, found == stored.end() ? "unset" : found->dump(), value.dump());
    }
  }
  if (!target) return {};
  const auto planned = DestinationOfPlan(plan_config);
  const bool same = planned && planned->kind == target->kind &&
                    (target->topic.empty() || target->topic == planned->topic) &&
                    (target->directory.empty() || target->directory == planned->directory);
  if (!same) {
    return Differs("destination", planned ? Describe(*planned) : "unset", Describe(*target));
  }
  return {};
}

}  // namespace reprocess
