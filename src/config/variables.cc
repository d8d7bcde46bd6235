#include "config/variables.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/trimmed.h"
#include "config/value_text.h"

namespace reprocess {

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::optional<std::string> Variables::Text(std::string_view name) const {
  const auto value = environment_(std::string(name));
  if (!value) return std::nullopt;
  const auto trimmed = Trimmed(*value);
  if (trimmed.empty()) return std::nullopt;
  return std::string(trimmed);
}

std::optional<std::uint64_t> Variables::Whole(std::string_view name, std::uint64_t min,
                                              std::uint64_t max) const {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  const auto value = ParseWhole(*text);
  if (value && *value >= min && *value <= max) return value;
  problems_.Add(name, {}, Quoted(*text),
                fmt::format("expected a whole number from {} to {}", min, max));
  return std::nullopt;
}

void Variables::Flag(std::string_view name, bool& setting) const {
  const auto text = Text(name);
  if (!text) return;
  if (const auto value = ParseFlag(*text)) {
    setting = *value;
  } else {
    problems_.Add(name, {}, Quoted(*text), "expected true or false (also yes, no, 1, 0)");
  }
}

void Variables::Duration(std::string_view name, Milliseconds& setting, Milliseconds min,
                         Milliseconds max) const {
  const auto text = Text(name);
  if (!text) return;
  const auto value = ParseWhole(*text);
  if (value && *value >= static_cast<std::uint64_t>(min.count()) &&
      *value <= static_cast<std::uint64_t>(max.count())) {
    setting = Milliseconds(*value);
    return;
  }
  problems_.Add(name, {}, Quoted(*text),
                fmt::format("expected a whole number of milliseconds from {} to {}", min.count(),
                            max.count()));
}

void Variables::Bytes(std::string_view name, std::uint64_t& setting, std::uint64_t min,
                      std::uint64_t max) const {
  const auto text = Text(name);
  if (!text) return;
  const auto value = ParseBytes(*text);
  if (value && *value >= min && *value <= max) {
    setting = *value;
    return;
  }
  problems_.Add(
      name, {}, Quoted(*text),
      fmt::format("expected a number of bytes from {} to {}, or with the suffix k, M or G "
                  "(1024 bytes and so on)",
                  min, max));
}

}  // namespace reprocess
