#include "model/max_errors.h"

#include <charconv>

#include <fmt/format.h>

namespace reprocess {
namespace {

constexpr std::uint32_t kWhole = 10'000;  // hundredths of a percent

std::optional<std::uint64_t> NumberOf(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > INT64_MAX) {
    return std::nullopt;
  }
  return number;
}

// "5", "0.25": at most two digits behind the point.
std::optional<std::uint32_t> HundredthsOf(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto whole = NumberOf(text.substr(0, point));
  std::optional<std::uint64_t> rest = 0;
  if (point != std::string_view::npos) {
    std::string digits(text.substr(point + 1));
    if (digits.empty() || digits.size() > 2) return std::nullopt;
    digits.resize(2, '0');
    rest = NumberOf(digits);
  }
  if (!whole || !rest || *whole > 100 || *whole * 100 + *rest > kWhole) return std::nullopt;
  return static_cast<std::uint32_t>(*whole * 100 + *rest);
}

}  // namespace

std::optional<MaxErrors> ParseMaxErrors(std::string_view text) {
  if (text.ends_with('%')) {
    text.remove_suffix(1);
    const auto share = HundredthsOf(text);
    return share ? std::optional(MaxErrors{.hundredths = share}) : std::nullopt;
  }
  const auto lines = NumberOf(text);
  return lines ? std::optional(MaxErrors{.lines = *lines}) : std::nullopt;
}

std::string ToText(const MaxErrors& most) {
  if (!most.hundredths) return fmt::format("{}", most.lines);
  std::string text = fmt::format("{}", *most.hundredths / 100);
  if (const auto rest = *most.hundredths % 100; rest > 0) {
    text += rest % 10 == 0 ? fmt::format(".{}", rest / 10) : fmt::format(".{:02}", rest);
  }
  return text + "%";
}

bool IsOver(const MaxErrors& most, const Counters& shard) {
  const std::uint64_t errors = shard.errors(), judged = shard.success + errors;
  if (judged < kLeastJudged) return false;
  if (!most.hundredths) return errors > most.lines;
  return static_cast<double>(errors) * kWhole > static_cast<double>(judged) * *most.hundredths;
}

}  // namespace reprocess
