#include "base/utf8.h"

namespace reprocess {
namespace {

unsigned char At(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

bool IsTail(unsigned char byte) {
  return byte >= 0x80 && byte <= 0xBF;
}

}  // namespace

std::size_t Utf8Sequence(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char a = At(text, 0), b = At(text, 1);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return IsTail(b) ? 2 : 0;
  if (!IsTail(b) || !IsTail(At(text, 2))) return 0;
  if (a >= 0xE0 && a <= 0xEF) {
    const bool overlong = a == 0xE0 && b < 0xA0, surrogate = a == 0xED && b > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (a < 0xF0 || a > 0xF4 || !IsTail(At(text, 3))) return 0;
  return (a == 0xF0 && b < 0x90) || (a == 0xF4 && b > 0x8F) ? 0 : 4;
}

// U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
bool IsBidiControl(std::string_view sequence) {
  if (sequence.size() == 2) return sequence == "\xD8\x9C";
  if (sequence.size() != 3 || At(sequence, 0) != 0xE2) return false;
  const unsigned char b = At(sequence, 1), c = At(sequence, 2);
  return (b == 0x80 && (c == 0x8E || c == 0x8F || (c >= 0xAA && c <= 0xAE))) ||
         (b == 0x81 && c >= 0xA6 && c <= 0xA9);
}

}  // namespace reprocess
