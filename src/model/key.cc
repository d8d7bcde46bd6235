#include "model/key.h"

#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

namespace reprocess {

FileKey FileKeyOf(std::string_view path) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(path.data(), path.size()));
  FileKey key;
  std::memcpy(key.bytes.data(), canonical.digest, key.bytes.size());
  return key;
}

KeyText LineKeyOf(const FileKey& file, std::uint64_t first_byte) {
  std::array<unsigned char, 24> input;
  std::memcpy(input.data(), file.bytes.data(), 16);
  for (int i = 0; i < 8; ++i) {
    input[static_cast<std::size_t>(16 + i)] =
        static_cast<unsigned char>(first_byte >> (56 - 8 * i));
  }
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(input.data(), input.size()));
  unsigned char* bytes = canonical.digest;
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  static constexpr char kHex[] = "0123456789abcdef";
  KeyText text;
  std::size_t at = 0;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    text[at++] = kHex[bytes[i] >> 4];
    text[at++] = kHex[bytes[i] & 0x0F];
  }
  return text;
}

std::string HashText(std::string_view text) {
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace reprocess
