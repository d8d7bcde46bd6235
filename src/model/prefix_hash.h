// A hash of a file's first bytes that goes on from the end of any line, so that a place in a file
// can say what lies before it and nobody reads that again.
//
//   value      H() = 0; H(bytes + line) = (rotate_left(H(bytes), 31) xor XXH3_64(line)) *
//              0x9E3779B185EBCA87, where a line is all bytes up to and with its LF, or what is left
//              at the end. Of decompressed bytes: a file compressed again has the same value.
//              Stored in checkpoints and rows, so that it may never change
//   why lines  a commit may fall behind any line, and a line's bytes are gone once it is judged:
//              each line carries the value behind it, 8 bytes. A state of XXH64 has 72, and takes
//              two thirds longer over the same bytes
//   strength   tells damage and other versions apart, no forger
//   threads    a value: one at a time
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/position.h"

namespace reprocess {

// The hash behind a whole line, from the one before it.
std::uint64_t HashWithLine(std::uint64_t before, std::string_view line);

// The same of bytes that come in pieces of any size.
class PrefixHash {
 public:
  // `before`: of the bytes before the first piece, which begins a line.
  explicit PrefixHash(std::uint64_t before = 0);
  ~PrefixHash();
  PrefixHash(PrefixHash&&) noexcept;
  PrefixHash& operator=(PrefixHash&&) noexcept;

  void Add(std::string_view bytes);
  // Of all bytes so far; the last line may be unfinished.
  std::uint64_t Value() const;

 private:
  struct State;
  std::uint64_t whole_lines_;
  bool begun_ = false;  // a line that `line_` has the first bytes of
  std::unique_ptr<State> line_;
};

// A place's hash as a row keeps it: "<value>:<tail_bytes>:<tail_value>", values as 16 hexadecimal
// digits. Empty where it is not known from the file's first byte on.
std::string TextOf(const PlaceHash& hash);
PlaceHash PlaceHashOf(std::string_view text);  // what is no such text: not known

}  // namespace reprocess
