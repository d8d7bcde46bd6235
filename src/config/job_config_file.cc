#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/edit_distance.h"
#include "config/json_walker.h"
#include "config/load.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using nlohmann::json;

constexpr auto kKeys = std::to_array<std::string_view>(
    {"s3_path", "local_path", "stream_ids", "connection_ids", "only_connections",
     "stream_connections", "files", "dry_run", "start_file", "start_line", "batch_size",
     "retry_attempts", "date_from", "date_to", "limit", "delivery"});  // and kLimitKeys

std::string Shown(const json& value) {
  if (value.is_string()) return Quoted(value.get_ref<const std::string&>());
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  return value.dump();
}

// The keys of config.json, each read into the setting that it means; null is an absent key.
class JobReader {
 public:
  JobReader(const json& object, std::string_view where, Problems& problems)
      : object_(object), where_(where), problems_(problems) {}

  void Text(const char* key, std::string& setting) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return Refuse(key, *value, "expected text");
    setting = value->get<std::string>();
  }

  void Texts(const char* key, std::vector<std::string>& setting) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return Refuse(key, *value, "expected an array of texts");
    const auto bad = std::ranges::find_if_not(*value, IsText);
    if (bad != value->end()) return Refuse(key, *bad, "expected an array of texts, none empty");
    setting = value->get<std::vector<std::string>>();
  }

  void TextsByName(const char* key, std::map<std::string, std::vector<std::string>>& setting) {
    const json* value = Find(key);
    if (value == nullptr) return;
    const auto are_texts = [](const json& item) {
      return item.is_array() && !item.empty() && std::ranges::all_of(item, IsText);
    };
    if (!value->is_object() || !std::ranges::all_of(*value, are_texts)) {
      return Refuse(key, *value, "expected an object of arrays of texts, none empty");
    }
    setting = value->get<std::map<std::string, std::vector<std::string>>>();
  }

  void Flag(const char* key, bool& setting) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return Refuse(key, *value, "expected true or false");
    setting = value->get<bool>();
  }

  template <class T>
  void Whole(const char* key, T& setting, std::uint64_t max) {
    const json* value = Find(key);
    if (value == nullptr) return;
    const auto whole = WholeIn(*value);
    if (!whole || *whole > max) return Refuse(key, *value, "expected a whole number ≥ 0");
    setting = static_cast<T>(*whole);
  }

  // 0 and negative numbers leave the default.
  template <class T>
  void WholeOrDefault(const char* key, T& setting, std::uint64_t max) {
    const json* value = Find(key);
    if (value == nullptr) return;
    if (value->is_number_integer() && !value->is_number_unsigned()) return;
    const auto whole = WholeIn(*value);
    if (!whole || *whole > max) {
      return Refuse(key, *value,
                    fmt::format("expected a whole number up to {}, or 0 for the default", max));
    }
    if (*whole > 0) setting = static_cast<T>(*whole);
  }

  // "" and the zero time of Go's JSON are no bound.
  void Time(const char* key, std::optional<PreciseTime>& setting) {
    static const auto kNone = ParseRfc3339("0001-01-01T00:00:00Z");
    const json* value = Find(key);
    if (value == nullptr || *value == "") return;
    const auto time =
        value->is_string() ? ParseRfc3339(value->get_ref<const std::string&>()) : std::nullopt;
    if (!time) {
      return Refuse(key, *value, "expected an RFC 3339 time such as 2026-05-01T00:00:00Z, or \"\"");
    }
    if (time != kNone) setting = time;
  }

  void Delivery(const char* key, DeliveryChoice& setting) {
    const json* value = Find(key);
    if (value == nullptr) return;
    for (const auto choice :
         {DeliveryChoice::kAuto, DeliveryChoice::kExactlyOnce, DeliveryChoice::kAtLeastOnce}) {
      if (*value == NameOf(choice)) {
        setting = choice;
        return;
      }
    }
    Refuse(key, *value, "expected \"auto\", \"exactly_once\" or \"at_least_once\"");
  }

  void Errors(const char* key, std::optional<MaxErrors>& setting) {
    const json* value = Find(key);
    if (value == nullptr) return;
    setting = ParseMaxErrors(value->is_string() ? value->get<std::string>() : value->dump());
    if (!setting)
      Refuse(key, *value, "expected a whole number of lines, or a share such as \"5%\"");
  }

  void Refuse(std::string_view key, const json& value, std::string_view expected) {
    problems_.Add(where_, key, Shown(value), expected);
  }

 private:
  static bool IsText(const json& item) { return item.is_string() && item != ""; }
  static std::optional<std::uint64_t> WholeIn(const json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    if (value.is_number_float()) return WholeOf(value.get<double>());
    if (value.is_number_integer() && value == 0) return 0;  // "-0"
    return std::nullopt;
  }

  const json* Find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  const json& object_;
  std::string_view where_;
  Problems& problems_;
};

// The known key that a misspelt one may have meant; or empty.
std::string KeyNear(std::string_view key) {
  constexpr std::size_t kNear = 2;
  std::string_view nearest;
  std::size_t best = kNear;
  const auto look = [&](std::string_view one) {
    const std::size_t distance = EditDistance(key, one);
    if (distance > best) return;
    best = distance;
    nearest = one;
  };
  std::ranges::for_each(kKeys, look);
  std::ranges::for_each(kLimitKeys, look);
  return std::string(nearest);
}

void WarnOfUnknownKeys(const json& object, std::string_view where,
                       std::vector<std::string>& warnings,
                       std::span<const std::string_view> others) {
  std::vector<std::string> unknown;
  for (const auto& [key, value] : object.items()) {
    const bool known = std::ranges::find(kKeys, key) != kKeys.end() ||
                       std::ranges::find(kLimitKeys, key) != kLimitKeys.end() ||
                       std::ranges::find(others, key) != others.end();
    if (known) continue;
    const std::string meant = KeyNear(key);
    unknown.push_back(Quoted(key) + (meant.empty() ? "" : " (did you mean " + meant + "?)"));
  }
  if (unknown.empty()) return;
  warnings.push_back(
      fmt::format("{}: unknown keys are ignored: {}", where, fmt::join(unknown, ", ")));
}

void ReadKeys(JobReader& reader, JobConfig& job) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::uint64_t kMaxAttempts = 1000;
  std::string local_path;
  reader.Text("s3_path", job.source);
  reader.Text("local_path", local_path);
  if (job.source.empty()) job.source = std::move(local_path);
  reader.Texts("stream_ids", job.stream_ids);
  reader.Texts("connection_ids", job.connection_ids);
  reader.Texts("only_connections", job.only_connections);
  reader.TextsByName("stream_connections", job.stream_connections);
  std::vector<std::string> files;  // for the planner; here only its form matters
  reader.Texts("files", files);
  reader.Flag("dry_run", job.dry_run);
  reader.Text("start_file", job.start_file);
  reader.Whole("start_line", job.start_line, kMax);
  reader.Whole("limit", job.limit, kMax);
  reader.WholeOrDefault("batch_size", job.batch_size, kMax);
  reader.WholeOrDefault("retry_attempts", job.retry_attempts, kMaxAttempts);
  reader.Time("date_from", job.date_from);
  reader.Time("date_to", job.date_to);
  reader.Delivery("delivery", job.delivery);
  reader.Whole("max_messages_per_second", job.throttle.max_messages_per_second, kMax);
  reader.Whole("max_bytes_per_second", job.throttle.max_bytes_per_second, kMax);
  reader.Whole("max_consumer_lag", job.throttle.max_consumer_lag, kMax);
  reader.Texts("lag_groups", job.throttle.lag_groups);
  reader.Errors("max_errors", job.throttle.max_errors);
}

void CheckKeysTogether(const JobConfig& job, const json& object, JobReader& reader) {
  if (job.date_from && job.date_to && *job.date_from > *job.date_to) {
    reader.Refuse("date_from", object["date_from"],
                  fmt::format("expected a time not after date_to ({})",
                              object["date_to"].get_ref<const std::string&>()));
  }
  if (job.start_line > 0 && job.start_file.empty()) {
    reader.Refuse("start_line", object["start_line"], "expected start_file beside it");
  }
  if (!job.only_connections.empty() && !job.connection_ids.empty()) {
    reader.Refuse("only_connections", object["only_connections"],
                  "expected no connection_ids beside it: it keeps some of what a look-up says, and "
                  "they are instead of one");
  }
  if (!job.stream_connections.empty() && job.only_connections.empty()) {
    reader.Refuse("stream_connections", object["stream_connections"],
                  "expected only_connections beside it, which it is what became of");
  }
  if (job.throttle.max_consumer_lag > 0 && job.throttle.lag_groups.empty()) {
    reader.Refuse("max_consumer_lag", object["max_consumer_lag"],
                  "expected lag_groups beside it: the consumer groups that it is about");
  }
}

}  // namespace

JobConfig ReadJobConfig(std::string_view text, std::string_view where, Problems& problems,
                        std::vector<std::string>& warnings,
                        std::span<const std::string_view> others) {
  constexpr std::string_view kExpected = "expected a JSON object, the job's configuration";
  JobConfig job;
  job.json = text;
  if (const auto zero = ZeroByteIn(text); !zero.empty()) {
    problems.Add(where, zero, {}, kExpected);
    return job;
  }
  json object;
  try {
    object = json::parse(text);
  } catch (const json::exception& error) {
    problems.Add(where, SyntaxErrorOf(error.what()), {}, kExpected);
    return job;
  }
  if (!object.is_object()) {
    problems.Add(where, {}, Shown(object), kExpected);
    return job;
  }
  JobReader reader(object, where, problems);
  ReadKeys(reader, job);
  CheckKeysTogether(job, object, reader);
  WarnOfUnknownKeys(object, where, warnings, others);
  return job;
}

Result<JobConfig> ParseJobConfig(std::string_view text, std::string_view where,
                                 std::vector<std::string>& warnings,
                                 std::span<const std::string_view> others) {
  Problems problems;
  JobConfig job = ReadJobConfig(text, where, problems, warnings, others);
  if (!problems.empty()) return std::unexpected(problems.ToError());
  return job;
}

}  // namespace reprocess
