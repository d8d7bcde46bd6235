#include "views/service.h"

#include <chrono>

#include <fmt/format.h>

#include "model/time_text.h"
#include "plan/plan_config.h"
#include "views/json.h"
#include "views/plan.h"
#include "views/sample.h"

namespace reprocess {
namespace {

constexpr std::string_view kOutcomeUnknown =
    "outcome unknown: it is under way, or the service died in it";

Json ProblemToJson(const Error& error, std::string_view code) {
  return {{"error", error.what},
          {"hint", OrNull(error.hint)},
          {"where", OrNull(error.where)},
          {"code", code}};
}

Json ErrorOrNull(const std::optional<Error>& error) {
  return error ? ProblemToJson(*error, CodeOf(*error)) : Json(nullptr);
}

Json LackedJson(const PlanState& state) {
  const std::string text = state.missing.empty() && state.job
                               ? ReadPlanConfig(state.job->plan.config).only_missing
                               : state.missing;
  return text.empty() ? Json(nullptr) : Json::parse(text);
}

std::string_view NameOf(PlanState::Kind kind) {
  switch (kind) {
    case PlanState::Kind::kPlanning:
      return "planning";
    case PlanState::Kind::kReady:
      return "ready";
    case PlanState::Kind::kStarted:
      return "started";
    case PlanState::Kind::kRefused:
      break;
  }
  return "refused";
}

std::string_view NameOf(VerificationState::Kind kind) {
  switch (kind) {
    case VerificationState::Kind::kNone:
      return "none";
    case VerificationState::Kind::kRunning:
      return "running";
    case VerificationState::Kind::kDone:
      return "done";
    case VerificationState::Kind::kFailed:
      break;
  }
  return "failed";
}

Json ToJson(const FileRow& file) {
  return {{"position", file.list_position},
          {"path", file.path},
          {"state", NameOf(file.state)},
          {"lines", file.counters.lines},
          {"sent", file.counters.success},
          {"skipped", file.counters.skipped()},
          {"errors", file.counters.errors()},
          {"bytes", file.counters.bytes},
          {"size", file.size},
          {"line", file.place.line},
          {"byte", file.place.byte},
          {"error", OrNull(file.failure)}};
}

Json ToJson(const JobLogLine& line) {
  return {{"time", FormatRfc3339(line.time.time)},
          {"worker", line.worker},
          {"pod", line.pod},
          {"text", line.text}};
}

std::string TimeOfMs(std::int64_t ms) {
  return FormatRfc3339(WallTime(Milliseconds(ms)));
}

std::string OneLine(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string_view CodeOf(const Error& error) {
  if (error.remedy == Remedy::kWait || error.remedy == Remedy::kRetry) return "away";
  if (error.remedy == Remedy::kFenced) return "conflict";
  switch (error.code) {
    case Code::kInvalid:
    case Code::kUnsupported:
    case Code::kTooLarge:
      return "invalid";
    case Code::kNotAuthorized:
      return "forbidden";
    case Code::kNotFound:
      return "not_found";
    case Code::kConflict:
      return "conflict";
    case Code::kReplayed:
      return "replayed";
    case Code::kChanged:
      return "changed";
    case Code::kTimedOut:
    case Code::kStopped:
      return "away";
    case Code::kOther:
      break;
  }
  return "failed";
}

std::string ProblemJson(const Error& error, std::string_view code) {
  return ToDocument(ProblemToJson(error, code));
}

std::string AboutJson(const About& about) {
  const Json destination = about.brokers.empty() || about.topic.empty()
                               ? Json(nullptr)
                               : Json{{"kafka", about.brokers}, {"topic", about.topic}};
  return ToDocument({{"version", about.version},
                     {"launcher", about.launcher},
                     {"namespace", OrNull(about.name_space)},
                     {"who", OrNull(about.who)},
                     {"may", about.operates ? "operate" : "view"},
                     {"open", about.open},
                     {"now", about.now},
                     {"default_destination", destination},
                     {"most_workers", about.most_workers}});
}

std::string PlanStateJson(const std::string& id, const PlanState& state) {
  return ToDocument(
      {{"id", id},
       {"state", NameOf(state.kind)},
       {"waits_for", OrNull(state.waits_for)},
       {"error", ErrorOrNull(state.error)},
       {"only_missing", LackedJson(state)},
       {"plan", state.job ? Json::parse(PlannedJson(*state.job, {})) : Json(nullptr)},
       {"sample", state.sample ? Json::parse(SampleJson(*state.sample)) : Json(nullptr)},
       {"warnings", state.warnings},
       {"checking", state.checking}});
}

std::string FilesJson(const std::vector<FileRow>& files, const std::string& next) {
  Json list = Json::array();
  for (const FileRow& file : files) list.push_back(ToJson(file));
  return ToDocument({{"files", std::move(list)}, {"next", OrNull(next)}});
}

std::string PodsJson(const std::vector<PodRow>& pods) {
  Json list = Json::array();
  for (const PodRow& pod : pods) {
    list.push_back({{"name", pod.name},
                    {"worker", pod.worker_index},
                    {"started_at", OrNull(pod.started_at)},
                    {"ended_at", OrNull(pod.ended_at)},
                    {"exit_code", pod.exit_code ? Json(*pod.exit_code) : Json(nullptr)},
                    {"reason", OrNull(pod.reason)},
                    {"log", OrNull(pod.log)}});
  }
  return ToDocument({{"pods", std::move(list)}});
}

std::string IdOf(const AuditRow& row) {
  return fmt::format("{}-{}", row.at_ms, row.id);
}

std::string AuditJson(const std::vector<AuditRow>& rows, const std::string& next) {
  Json list = Json::array();
  for (const AuditRow& row : rows) {
    const bool known = row.status != AuditRow::kUnknown;
    list.push_back({{"id", IdOf(row)},
                    {"at", TimeOfMs(row.at_ms)},
                    {"who", row.who},
                    {"from", row.from},
                    {"verb", row.verb},
                    {"job", OrNull(row.job_id)},
                    {"reason", OrNull(row.reason)},
                    {"before", OrNull(row.before)},
                    {"after", known ? OrNull(row.after) : Json(kOutcomeUnknown)},
                    {"status", known ? Json(row.status) : Json(nullptr)},
                    {"request_id", row.request_id}});
  }
  return ToDocument({{"acts", std::move(list)}, {"next", OrNull(next)}});
}

std::string VerificationJson(const std::string& job_id, const VerificationState& state) {
  return ToDocument({{"job", job_id},
                     {"state", NameOf(state.kind)},
                     {"error", ErrorOrNull(state.error)},
                     {"verdict", reprocess::ToJson(state.verdict)}});
}

std::string LogLineJson(const JobLogLine& line) {
  return OneLine(ToJson(line));
}

std::string NoteJson(const std::string& text) {
  return OneLine(Json{{"text", text}});
}

std::string LogsJson(const std::vector<JobLogLine>& lines, const std::vector<std::string>& notes) {
  Json list = Json::array();
  for (const JobLogLine& line : lines) list.push_back(ToJson(line));
  return ToDocument({{"lines", std::move(list)}, {"notes", notes}});
}

std::string PatchOf(const std::string& before, const std::string& after) {
  const Json patch = Json::diff(Json::parse(before), Json::parse(after));
  return patch.empty() ? std::string() : OneLine(patch);
}

std::string OnOneLine(const std::string& document) {
  return OneLine(Json::parse(document));
}

}  // namespace reprocess
