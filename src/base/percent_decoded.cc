#include "base/percent_decoded.h"

#include "base/hex_digit.h"

namespace reprocess {
namespace {

bool IsEscape(std::string_view text) {
  return text.size() > 2 && text[0] == '%' && IsHex(text.substr(1, 2));
}

}  // namespace

std::string PercentDecoded(std::string_view text, Plus plus) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (IsEscape(text.substr(at))) {
      decoded += FromHex(text.substr(at + 1, 2));
      at += 2;
    } else {
      decoded += text[at] == '+' && plus == Plus::kSpace ? ' ' : text[at];
    }
  }
  return decoded;
}

std::optional<std::string> StrictlyDecoded(std::string_view text, Plus plus) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (!IsEscape(text.substr(at))) return std::nullopt;
  }
  std::string decoded = PercentDecoded(text, plus);
  return decoded.contains('\0') ? std::nullopt : std::optional(std::move(decoded));
}

}  // namespace reprocess
