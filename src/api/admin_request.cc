#include "api/admin_request.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plan_request.h"
#include "config/worker_config.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kUsualBatch = 1'000;
constexpr std::string_view kUsualTopic = "destination-messages";

enum class Kind : std::uint8_t { kText, kTexts, kFlag, kWhole, kTime };
struct Field {
  const char* name;
  Kind kind;
};
// In the order of its struct, which is that of what it stores.
constexpr Field kFields[] = {
    {"s3_path", Kind::kText},         {"local_path", Kind::kText},  {"stream_ids", Kind::kTexts},
    {"connection_ids", Kind::kTexts}, {"files", Kind::kTexts},      {"dry_run", Kind::kFlag},
    {"start_file", Kind::kText},      {"start_line", Kind::kWhole}, {"batch_size", Kind::kWhole},
    {"retry_attempts", Kind::kWhole}, {"date_from", Kind::kTime},   {"date_to", Kind::kTime},
    {"limit", Kind::kWhole}};

std::string_view TypeOf(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "string";
    case Kind::kTexts:
      return "[]string";
    case Kind::kFlag:
      return "bool";
    case Kind::kWhole:
      return "int";
    case Kind::kTime:
      break;
  }
  return "time.Time";
}

std::string_view TypeOf(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (value.is_array()) return "array";
  return value.is_object() ? "object" : "number";
}

bool Fits(Kind kind, const Json& value) {
  switch (kind) {
    case Kind::kTexts:
      return value.is_array() &&
             std::ranges::all_of(value, [](const Json& item) { return item.is_string(); });
    case Kind::kFlag:
      return value.is_boolean();
    case Kind::kWhole:
      return value.is_number_integer();
    case Kind::kText:
    case Kind::kTime:
      break;
  }
  return value.is_string();
}

Result<void> CheckField(const Field& field, const Json& value) {
  if (!Fits(field.kind, value)) {
    return Invalid(fmt::format(
        "json: cannot unmarshal {} into Go struct field ReprocessingStartRequest.{} of type {}",
        TypeOf(value), field.name, TypeOf(field.kind)));
  }
  if (field.kind != Kind::kTime) return {};
  const auto& time = value.get_ref<const std::string&>();
  if (ParseRfc3339(time)) return {};
  const bool day = ParseRfc3339(time + "T00:00:00Z").has_value();
  return Invalid(
      fmt::format(R"(parsing time "{}" as "2006-01-02T15:04:05Z07:00": cannot parse "{}" as "{}")",
                  time, day ? "" : time, day ? "T" : "2006"));
}

Result<Json> Decoded(const std::string& body) {
  if (body.empty()) return Invalid("EOF");
  Json json;
  try {
    json = Json::parse(body);
  } catch (const Json::parse_error& error) {
    const std::size_t at = error.byte == 0 ? 0 : error.byte - 1;
    if (at >= body.size()) return Invalid("unexpected EOF");
    return Invalid(fmt::format("invalid character '{}' looking for beginning of value", body[at]));
  } catch (const Json::exception&) {
    return Invalid("json: cannot unmarshal number into Go value of type float64");
  }
  if (json.is_object()) return json;
  return Invalid(fmt::format(
      "json: cannot unmarshal {} into Go value of type ReprocessingStartRequest", TypeOf(json)));
}

// What is stored: the fields that it knows, without those that say nothing.
Result<Json> GivenOf(const Json& body) {
  Json given = Json::object();
  for (const Field& field : kFields) {
    const auto found = body.find(field.name);
    if (found == body.end() || found->is_null()) continue;
    TRY_OK(CheckField(field, *found));
    const bool empty = *found == "" || (found->is_array() && found->empty());
    if (!empty) given[field.name] = *found;
  }
  if (!given.contains("batch_size") || given["batch_size"] <= 0) given["batch_size"] = kUsualBatch;
  return given;
}

Result<std::string> SourceOf(const Json& given) {
  const bool s3 = given.contains("s3_path"), local = given.contains("local_path");
  if (!s3 && !local) return Invalid("either s3_path or local_path must be provided");
  if (s3 && local) return Invalid("only one of s3_path or local_path can be provided");
  const auto path = given[s3 ? "s3_path" : "local_path"].get<std::string>();
  if (s3 && !path.starts_with("s3://")) return Invalid("no files found to process");
  return path;
}

}  // namespace

Result<PlanJobRequest> AdminRequestOf(ApiContext& api, const HttpServer::Request& request) {
  TRY(const Json body, Decoded(request.body));
  TRY(const Json given, GivenOf(body));
  TRY(const std::string source, SourceOf(given));
  TRY_OK(CheckLocal(api.settings, {source}));
  PlanJobRequest plan = NewPlanRequest(api);
  plan.plan.source.paths = {source};
  if (given.contains("files")) plan.plan.source.files = given["files"];
  plan.plan.job_id = NewJobId(api.world.clock.Wall());
  std::vector<std::string> none;  // all keys are known
  TRY(plan.plan.given,
      ParseJobConfig(given.dump(-1, ' ', false, Json::error_handler_t::replace), "body", none));
  if (given.contains("dry_run") && given["dry_run"] == true) {
    plan.plan.destination = {Destination::kNone, {}, {}, {}};
    return plan;
  }
  KafkaSettings kafka = api.settings.work.kafka;
  if (kafka.topic.empty()) kafka.topic = kUsualTopic;
  TRY(plan.plan.destination, DestinationOfNewJob(std::nullopt, kafka));
  return plan;
}

}  // namespace reprocess
