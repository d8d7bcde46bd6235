#include "config/problems.h"

#include <fmt/format.h>

namespace reprocess {

void Problems::Add(std::string_view place, std::string_view key, std::string_view value,
                   std::string_view expected) {
  if (++count_ > kMaxShown) return;
  lines_ += fmt::format("\n  {}", place);
  for (const auto part : {key, value, expected}) {
    if (!part.empty()) lines_ += fmt::format(": {}", part);
  }
}

Error Problems::ToError() const {
  std::string text =
      fmt::format("check configuration: {} problem{}{}", count_, count_ == 1 ? "" : "s", lines_);
  if (count_ > kMaxShown) text += fmt::format("\n  and {} more", count_ - kMaxShown);
  return {.what = std::move(text), .code = Code::kInvalid};
}

std::string Quoted(std::string_view value) {
  constexpr std::size_t kMaxBytes = 60;
  std::string_view shown = value.substr(0, kMaxBytes);
  if (shown.size() < value.size()) {  // not inside a UTF-8 sequence
    while (!shown.empty() && (value[shown.size()] & 0xC0) == 0x80) shown.remove_suffix(1);
  }
  std::string text = "\"";
  for (const char c : shown) {
    if (c == '"' || c == '\\') text += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      text += fmt::format("\\u{:04x}", c);
    } else {
      text += c;
    }
  }
  return text + (shown.size() < value.size() ? "…\"" : "\"");
}

}  // namespace reprocess
