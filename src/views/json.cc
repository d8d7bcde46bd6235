#include "views/json.h"

#include <chrono>

#include "base/clock.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr auto kReplace = Json::error_handler_t::replace;

Json ByReason(const Counters& counters, bool skips) {
  Json object = Json::object();
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (IsSkip(static_cast<Reason>(i)) == skips && counters.by_reason[i] > 0) {
      object[std::string(kReasonNames[i])] = counters.by_reason[i];
    }
  }
  return object;
}

Json ToJson(const StoredError& error) {
  const ErrorRow& row = error.row;
  return {{"reason", NameOf(row.reason)},
          {"lines", row.count},
          {"path", error.path},
          {"shard", error.shard},
          {"list_position", row.list_position},
          {"first_line", row.first_line},
          {"last_line", row.last_line},
          {"first_byte", row.first_byte},
          {"end_byte", row.end_byte},
          {"message", OrNull(row.message)},
          {"sample", row.sample},
          {"approximate", row.approximate}};
}

}  // namespace

std::string ToLine(const Json& json) {
  return json.dump(-1, ' ', false, kReplace) + "\n";
}
std::string ToDocument(const Json& json) {
  return json.dump(2, ' ', false, kReplace) + "\n";
}

Json Event(std::string_view name) {
  const auto now = std::chrono::floor<Milliseconds>(SystemClock().Wall());
  return {{"event", name}, {"time", FormatRfc3339(now)}};
}

Json ToJson(const Error& error) {
  return {{"what", error.what}, {"where", OrNull(error.where)}, {"hint", OrNull(error.hint)}};
}

Json ToJson(const Counters& c) {
  return ObjectBuilder(9)
      .Add("lines", c.lines)
      .Add("sent", c.success)
      .Add("skipped", c.skipped())
      .Add("errors", c.errors())
      .Add("skipped_by_reason", ByReason(c, true))
      .Add("errors_by_reason", ByReason(c, false))
      .Add("bytes", c.bytes)
      .Add("sent_bytes", c.success_bytes)
      .Add("not_utf8", c.not_utf8)
      .Made();
}

Json ToJson(const std::vector<IgnoredFile>& ignored) {
  Json list = Json::array();
  for (const auto& file : ignored) list.push_back({{"path", file.path}, {"reason", file.reason}});
  return list;
}

Json ToJson(const std::vector<StoredError>& errors) {
  Json list = Json::array();
  for (const auto& error : errors) list.push_back(ToJson(error));
  return list;
}

Json ToJson(const std::vector<ErrorGroup>& groups) {
  Json list = Json::array();
  for (const auto& group : groups) {
    list.push_back({{"reason", NameOf(group.reason)},
                    {"message", OrNull(group.message)},
                    {"lines", group.lines}});
  }
  return list;
}

Json ToJson(const Checkpoint& checkpoint) {
  return ObjectBuilder(8)
      .Add("state", NameOf(checkpoint.state))
      .Add("pass", checkpoint.pass == Pass::kFirst ? "first" : "retry")
      .Add("generation", checkpoint.generation)
      .Add("list_position", checkpoint.list_position)
      .Add("line", checkpoint.place.line)
      .Add("byte", checkpoint.place.byte)
      .Add("failed_files", checkpoint.failed_files)
      .Add("counters", ToJson(checkpoint.shard))
      .Made();
}

Json ToJson(const std::array<std::uint64_t, 6>& files) {
  Json object = Json::object();
  for (std::size_t i = 0; i < files.size(); ++i) {
    object[std::string(NameOf(static_cast<FileState>(i)))] = files.at(i);
  }
  return object;
}

Json ToJson(const std::vector<NextStep>& steps) {
  Json list = Json::array();
  for (const NextStep& step : steps) list.push_back({{"command", step.command}, {"why", step.why}});
  return list;
}

Json ToJson(const std::vector<FileRow>& failed) {
  Json list = Json::array();
  for (const auto& file : failed) {
    list.push_back({{"path", file.path},
                    {"line", file.place.line},
                    {"byte", file.place.byte},
                    {"reason", file.failure}});
  }
  return list;
}

Json OrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json TimeOrNull(const std::optional<WallTime>& time) {
  return time ? Json(FormatRfc3339(*time)) : Json(nullptr);
}

Json ToJson(const std::optional<VerifyResult>& verdict) {
  if (!verdict) return nullptr;
  return {{"verdict", verdict->verdict},         {"verified_at", verdict->at},
          {"counts_only", verdict->counts_only}, {"sent", verdict->sent},
          {"expected", verdict->expected},       {"found", verdict->found},
          {"missing", verdict->missing},         {"doubled", verdict->doubled},
          {"altered", verdict->altered},         {"doubts", verdict->doubts}};
}

}  // namespace reprocess
