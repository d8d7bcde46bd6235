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

std::optional<KeyBits> KeyBitsOf(std::string_view text) {
  if (text.size() != kKeySize) return std::nullopt;
  KeyBits bits;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    const bool letter = c >= 'a' && c <= 'f';
    if (!letter && (c < '0' || c > '9')) return std::nullopt;
    std::uint64_t& half = digits++ < 16 ? bits.high : bits.low;
    half = half << 4 | static_cast<std::uint64_t>(letter ? c - 'a' + 10 : c - '0');
  }
  const bool is_ours = (bits.high >> 12 & 0xF) == 4 && bits.low >> 62 == 2;
  return is_ours ? std::optional(bits) : std::nullopt;
}

std::pair<KeyRange, KeyRange> Halves(const KeyRange& range) {
  const std::uint64_t middle = range.first + (range.last - range.first) / 2;
  return {{range.first, middle}, {middle + 1, range.last}};
}

KeyBits WideHashOf(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.high64, hash.low64};
}

std::uint64_t HashOf(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

namespace {

std::string Hexadecimal(std::uint64_t hash) {
  return fmt::format("{:016x}", hash);
}

}  // namespace

std::string HashText(std::string_view text) {
  return Hexadecimal(HashOf(text));
}

struct TextHasher::State {
  XXH3_state_t* const xxh3 = XXH3_createState();
  ~State() { XXH3_freeState(xxh3); }
};

TextHasher::TextHasher() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(state_->xxh3);
}

TextHasher::~TextHasher() = default;

void TextHasher::Add(std::string_view piece) {
  XXH3_64bits_update(state_->xxh3, piece.data(), piece.size());
}

std::string TextHasher::TextWith(std::string_view last) const {
  State with;
  XXH3_copyState(with.xxh3, state_->xxh3);
  XXH3_64bits_update(with.xxh3, last.data(), last.size());
  return Hexadecimal(XXH3_64bits_digest(with.xxh3));
}

std::string TextHasher::Text() const {
  return Hexadecimal(XXH3_64bits_digest(state_->xxh3));
}

}  // namespace reprocess
