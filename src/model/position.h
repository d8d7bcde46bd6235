// A place in a shard's list of files.
//
//   units      bytes in the decompressed file, from 0, always just past a line's terminator (or 0,
//              or the end); `line` counts the lines before that place, so the next one is line + 1
#pragma once

#include <cstdint>
#include <optional>

namespace reprocess {

// Where a decoder can start without what came before. A gzip member or zstd frame begins at byte
// `compressed` of the stored object, and its first byte of output is byte `decompressed`.
struct FrameBoundary {
  std::uint64_t compressed = 0, decompressed = 0;
  bool operator==(const FrameBoundary&) const = default;
};

// What lies before a place, by the hash of model/prefix_hash.h.
struct PlaceHash {
  std::optional<std::uint64_t> value;  // of bytes [from, place); nullopt: not known
  std::uint64_t from = 0;
  // Whoever goes on from the place reads this many bytes before it again (some 4 KiB; 0: none).
  // Hashed on from `tail_value`, which is the hash before them, they must lead to `value`.
  std::uint64_t tail_bytes = 0, tail_value = 0;
  bool operator==(const PlaceHash&) const = default;
};

struct FilePlace {
  std::uint64_t byte = 0;
  std::uint64_t line = 0;
  FrameBoundary frame{};  // at or before `byte`; {0, 0} for plain files
  PlaceHash hash{};
  bool operator==(const FilePlace&) const = default;
};

}  // namespace reprocess
