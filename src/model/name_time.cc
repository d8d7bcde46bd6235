#include "model/name_time.h"

#include <algorithm>
#include <chrono>

#include "base/base_name.h"
#include "base/characters.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr std::string_view kShape = "dddd_dd_ddTdd_dd_dd";

bool HasShape(std::string_view text) {
  return std::ranges::equal(
      text, kShape, [](char c, char shape) { return shape == 'd' ? IsDigit(c) : c == shape; });
}

}  // namespace

std::optional<NameTime> NameTimeOf(std::string_view path) {
  const std::string_view name = BaseName(path);
  for (std::size_t at = name.size() < kShape.size() ? 0 : name.size() - kShape.size() + 1;
       at-- > 0;) {
    if (!HasShape(name.substr(at, kShape.size()))) continue;
    std::string text(name.substr(at, kShape.size()));
    text[4] = text[7] = '-';
    text[13] = text[16] = ':';
    if (const auto time = ParseRfc3339(text + "Z")) {
      return NameTime{path.size() - name.size() + at, *time};
    }
  }
  return std::nullopt;
}

std::string NameTimeText(WallTime time) {
  std::string text = FormatRfc3339(std::chrono::floor<std::chrono::seconds>(time));
  text.resize(kShape.size());
  text[4] = text[7] = text[13] = text[16] = '_';
  return text;
}

}  // namespace reprocess
