// Hexadecimal digits, of either case.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "base/characters.h"

namespace reprocess {

// 0 to 15; -1 for what is none.
constexpr int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline bool IsHex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return HexDigit(c) >= 0; });
}

// The bytes of which `text` has two digits each.
inline std::string FromHex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    bytes += static_cast<char>(HexDigit(text[at]) * 16 + HexDigit(text[at + 1]));
  }
  return bytes;
}

}  // namespace reprocess
