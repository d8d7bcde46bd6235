// A text without the white space around it: blanks, tabs and line breaks.
#pragma once

#include <string_view>

namespace reprocess {

inline constexpr std::string_view kWhiteSpace = " \t\r\n";

// A view of `text`.
inline std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

}  // namespace reprocess
