#include "cli/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/utf8.h"

namespace reprocess {
namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Bytes of the well-formed, printable character that `text` begins with; 0 for anything else.
std::size_t CharacterAt(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool control = lead == 0xC2 && second < 0xA0;  // U+0080 to U+009F
  return control || IsBidiControl(text.substr(0, size)) ? 0 : size;
}

}  // namespace

std::string HumanBytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits.at(unit));
}

std::string HumanDuration(double seconds) {
  if (seconds < 59.95) return fmt::format("{:.1f} s", std::max(0.0, seconds));
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{}m {:02}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02}m", whole / 3600, whole % 3600 / 60);
}

std::string Plural(std::uint64_t n, std::string_view one) {
  return fmt::format("{} {}{}", Thousands(n), one, n == 1 ? "" : "s");
}

std::string Printable(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    if (width + 1 == most && WidthOf(text) > 1) return out + "…";
    const std::size_t size = CharacterAt(text);
    if (size == 0) {
      out += text.front() == '\t' ? ' ' : '?';
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
    ++width;
  }
  return out;
}

std::string PrintableEnd(std::string_view text, std::size_t most) {
  const std::string whole = Printable(text, text.size() + 1);
  const std::size_t width = WidthOf(whole);
  if (width <= most || most == 0) return whole;
  std::size_t at = 0;
  for (std::size_t left = width - (most - 1); left > 0; --left) {
    do ++at;
    while (at < whole.size() && IsContinuation(whole[at]));
  }
  return "…" + whole.substr(at);
}

std::string PrintableLines(std::string_view text, std::size_t indent) {
  for (std::string out;;) {
    const std::size_t end = text.find('\n');
    out += Printable(text.substr(0, end), text.size() + 1);
    if (end == std::string_view::npos) return out;
    out += "\n" + std::string(indent, ' ');
    text.remove_prefix(end + 1);
  }
}

std::string Wrapped(std::string_view text, std::size_t columns, std::size_t indent) {
  if (columns <= indent) return std::string(text);
  const std::size_t most = columns - indent;
  std::string out;
  while (WidthOf(text) > most) {
    std::size_t end = 0, width = 0, space = 0;
    while (width < most) {
      if (text[end] == ' ') space = end;
      do ++end;
      while (end < text.size() && IsContinuation(text[end]));
      ++width;
    }
    if (text[end] == ' ') space = end;
    const std::size_t cut = space > 0 ? space : end;
    out += std::string(text.substr(0, cut)) + "\n" + std::string(indent, ' ');
    text.remove_prefix(space > 0 ? cut + 1 : cut);
  }
  return out + std::string(text);
}

std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !IsContinuation(c); }));
}

}  // namespace reprocess
