// What the targets share: what a decoder makes of an input, and inputs that are made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "decode/codec.h"

namespace reprocess {

// `whole`: decoded to the end, without an error.
struct Decoded {
  std::string text;
  bool whole = false;
  std::string error{};
};

inline Decoded DecodeAll(Decoder& decoder, std::size_t room) {
  Decoded decoded;
  std::vector<char> out(room);
  for (;;) {
    const Result<std::size_t> bytes = decoder.Read(out);
    if (!bytes) {
      decoded.error = bytes.error().what;
      if (decoded.error.empty()) std::abort();
      return decoded;
    }
    if (*bytes == 0) break;
    decoded.text.append(out.data(), *bytes);
  }
  decoded.whole = true;
  return decoded;
}

// Both say whether the object is whole, and what they had decoded before an error agrees.
inline bool Agree(const Decoded& ours, const Decoded& theirs) {
  if (ours.whole != theirs.whole) return false;
  if (ours.whole) return ours.text == theirs.text;
  return ours.text.starts_with(theirs.text) || theirs.text.starts_with(ours.text);
}

// An object from one input. The first five bytes say how: whether the rest is compressed or taken
// as it is,
// and what then happens to it: a byte changed, the end cut off, something appended.
struct Recipe {
  explicit Recipe(std::string_view input)
      : piece(static_cast<unsigned char>(input[0]) % 70U + 1),
        room(static_cast<unsigned char>(input[1]) % 130U + 1),
        how(static_cast<unsigned char>(input[2])),
        change(static_cast<unsigned char>(input[3])),
        at(static_cast<unsigned char>(input[4])),
        text(input.substr(kSize)) {}

  static constexpr std::size_t kSize = 5;
  bool made() const { return (how & 1U) != 0; }
  int level() const { return static_cast<int>(how >> 1U) % 10; }

  // The text as it is, or in two pieces that `pack` compressed.
  template <class Pack>
  std::string Object(Pack pack) const {
    if (!made()) return std::string(text);
    const std::size_t half = text.size() / 2;
    return pack(text.substr(0, half), level()) + pack(text.substr(half), level());
  }

  std::string Damaged(std::string bytes) const {
    if (bytes.empty()) return bytes;
    const std::size_t place = at % bytes.size();
    if ((how & 32U) != 0) bytes[place] = static_cast<char>(bytes[place] ^ change);
    if ((how & 64U) != 0) bytes.resize(place);
    if ((how & 128U) != 0) bytes.append(text.substr(0, change));
    return bytes;
  }

  std::size_t piece, room;
  unsigned how, change;
  std::size_t at;
  std::string_view text;
};

}  // namespace reprocess
