#include "config/json_walker.h"

#include <cmath>

#include <fmt/format.h>

namespace reprocess {

std::string SyntaxErrorOf(std::string_view exception_text) {
  constexpr std::string_view kPlace = "parse error at ";
  std::string_view text = exception_text;
  if (const auto at = text.find(kPlace); at != std::string_view::npos) {
    text.remove_prefix(at + kPlace.size());
  } else if (const auto bracket = text.find("] "); bracket != std::string_view::npos) {
    text.remove_prefix(bracket + 2);
  }
  return std::string(text.substr(0, text.find("; last read")));
}

std::string ZeroByteIn(std::string_view text) {
  const auto at = text.find('\0');
  return at == std::string_view::npos ? std::string() : fmt::format("a zero byte at byte {}", at);
}

std::optional<std::uint64_t> WholeOf(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!(value >= 0 && value <= kExact) || std::floor(value) != value) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

}  // namespace reprocess
