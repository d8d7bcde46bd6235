#include "net/uri_encoding.h"

#include "base/characters.h"

namespace reprocess {

namespace {

bool IsUnreserved(char c) {
  return IsLetterOrDigit(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string UriEncoded(std::string_view text, Slash slash) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (IsUnreserved(c) || (c == '/' && slash == Slash::kKept)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

}  // namespace reprocess
