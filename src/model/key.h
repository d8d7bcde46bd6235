// The record key: one line has one key in every run, on every machine.
//
//   file key   XXH3-128 (seed 0) of the path's bytes as listed (local paths absolute, normalised)
//   line key   XXH3-128 (seed 0) of 24 bytes: the file key in canonical (big-endian) form, then the
//              line's first byte as 8 bytes big-endian; then version 4 and variant 10 are stamped
//              over bits 48-51 and 64-65, and it is written as a lower-case UUID
//   limits     122 bits: of 10^9 lines two share a key with a chance of 10^-19. The same bytes
//              under another path, or in a rewritten file at another offset, have another key
//   source     XXH3: https://github.com/Cyan4973/xxHash; UUID v4: RFC 9562
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reprocess {

struct FileKey {
  std::array<unsigned char, 16> bytes{};
  bool operator==(const FileKey&) const = default;
};

FileKey FileKeyOf(std::string_view path);

inline constexpr std::size_t kKeySize = 36;
using KeyText = std::array<char, kKeySize>;
KeyText LineKeyOf(const FileKey& file, std::uint64_t first_byte);

// The key as numbers, first half and second; nullopt where the text is none that LineKeyOf writes.
struct KeyBits {
  std::uint64_t high = 0, low = 0;
  bool operator==(const KeyBits&) const = default;
};
std::optional<KeyBits> KeyBitsOf(std::string_view text);

// Keys whose first half lies in [first, last].
struct KeyRange {
  std::uint64_t first = 0, last = UINT64_MAX;

  bool Holds(const KeyBits& key) const { return first <= key.high && key.high <= last; }
  bool operator==(const KeyRange&) const = default;
};

// Two halves of a range of at least two.
std::pair<KeyRange, KeyRange> Halves(const KeyRange& range);

// 128 bits of XXH3 with a seed.
KeyBits WideHashOf(std::string_view bytes, std::uint64_t seed);

// 64 bits of XXH3, seed 0.
std::uint64_t HashOf(std::string_view bytes);

// HashOf as 16 hexadecimal digits: fingerprints and hashes of version tags.
std::string HashText(std::string_view text);

// HashText of a text that comes in pieces.
class TextHasher {
 public:
  TextHasher();
  ~TextHasher();
  void Add(std::string_view piece);
  std::string Text() const;
  std::string TextWith(std::string_view last) const;  // as if it had been added

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprocess
