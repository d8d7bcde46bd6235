// A place in a shard's list of files.
//
//   units      bytes in the decompressed file, from 0, always just past a line's terminator (or 0,
//              or the end); `line` counts the lines before that place, so the next one is line + 1
#pragma once

#include <cstdint>

namespace reprocess {

// Where a decoder can start without what came before: a gzip member or zstd frame begins at byte
// `compressed` of the stored object, and its first output byte is byte `decompressed`.
struct FrameBoundary {
  std::uint64_t compressed = 0, decompressed = 0;
  bool operator==(const FrameBoundary&) const = default;
};

struct FilePlace {
  std::uint64_t byte = 0;
  std::uint64_t line = 0;
  FrameBoundary frame;  // at or before `byte`; {0, 0} for plain files
  bool operator==(const FilePlace&) const = default;
};

}  // namespace reprocess
