#include "store/admin_config.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/time_text.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

// Each makes the value one that the struct can hold, or says false: it means nothing.
bool FitText(Json& value) {
  return value.is_string() && value != "";
}

bool FitTexts(Json& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Json& item) { return item.is_string(); });
}

bool FitFlag(Json& value) {
  return value.is_boolean();
}

bool FitWhole(Json& value) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= INT64_MAX;
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  if (number != std::trunc(number) || number < -kEnd || number >= kEnd) return false;
  value = static_cast<std::int64_t>(number);
  return true;
}

// time.Parse takes more than JSON does: an hour of one digit, a comma, offsets of a day.
bool IsStrict(std::string_view time) {
  const auto pair = [&](std::size_t at) { return 10 * (time[at] - '0') + (time[at + 1] - '0'); };
  if (time[12] == ':' || time[19] == ',') return false;
  return time.ends_with('Z') || (pair(time.size() - 5) < 24 && pair(time.size() - 2) < 60);
}

bool FitTime(Json& value) {
  if (!value.is_string()) return false;
  const auto time = ParseRfc3339(value.get_ref<const std::string&>());
  if (!time) return false;
  if (IsStrict(value.get_ref<const std::string&>())) return true;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time->time);
  const auto nanos = std::chrono::nanoseconds(time->time - seconds).count() + time->nanos;
  std::string text = FormatRfc3339(seconds);
  text.pop_back();
  value = fmt::format("{}.{:09}Z", text, nanos);
  return true;
}

constexpr std::pair<std::string_view, bool (*)(Json&)> kKeys[] = {
    {"s3_path", FitText},         {"local_path", FitText},  {"stream_ids", FitTexts},
    {"connection_ids", FitTexts}, {"files", FitTexts},      {"dry_run", FitFlag},
    {"start_file", FitText},      {"start_line", FitWhole}, {"batch_size", FitWhole},
    {"retry_attempts", FitWhole}, {"date_from", FitTime},   {"date_to", FitTime},
    {"limit", FitWhole}};

// As Go's JSON matches keys: in any case.
bool IsSame(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return lower(x) == lower(y);
  });
}

}  // namespace

std::string FitForAdmin(std::string_view config) {
  Json given = Json::parse(config, nullptr, /*allow_exceptions=*/false);
  Json fit = Json::object();
  for (auto& [key, value] : given.items()) {
    const auto known =
        std::ranges::find_if(kKeys, [&](const auto& entry) { return IsSame(entry.first, key); });
    if (known == std::end(kKeys) || (known->first == key && known->second(value))) {
      fit[key] = std::move(value);
    }
  }
  return fit.dump();
}

}  // namespace reprocess
