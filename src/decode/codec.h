// Turns a stored object into its plain bytes, whichever way it is compressed.
//
//   errors     what the source says is passed on; corrupt, truncated or foreign bytes are
//              kCount. `where` is left to the caller, who knows the line
//   threads    one at a time
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "decode/input_window.h"
#include "model/position.h"
#include "model/storage.h"

namespace reprocess {

enum class Format : std::uint8_t { kPlain, kGzip, kZstd };

inline constexpr std::size_t kMagicSize = 4;

// Tells it by the object's first bytes: kMagicSize of them, or all there are. An object that ends
// within a magic number is a compressed one that was cut, unless those bytes are plain text.
Format FormatOf(std::string_view first);

// The first bytes of a source: kMagicSize of them, or all there are.
Result<std::string> ReadMagic(ByteSource& source);

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Fills some of `out` (at least one byte), in order, never with bytes of two frames; 0 at the
  // end. All that can be decoded before an error comes out first. Not to be called after an error.
  virtual Result<std::size_t> Read(std::span<char> out) = 0;

  // As ByteSource::Take.
  virtual Result<Chunk> Take([[maybe_unused]] std::size_t room) { return Chunk{}; }

  // Where the member or frame begins in which the last byte read lies, or a later empty one.
  virtual FrameBoundary frame() const { return {}; }

  // How far the stored object has been read, for the texts of errors.
  virtual std::uint64_t stored_byte() const = 0;
};

// Plain bytes: `first` (already read from the source), then the source's, without another copy.
std::unique_ptr<Decoder> MakePlainDecoder(std::unique_ptr<ByteSource> source, std::string first);

// Both start where a member or frame begins: at `decompressed` bytes of the whole output.
std::unique_ptr<Decoder> MakeGzipDecoder(InputWindow input, std::uint64_t decompressed);
std::unique_ptr<Decoder> MakeZstdDecoder(InputWindow input, std::uint64_t decompressed);

// The error of an object that will be no better when it is read again.
std::unexpected<Error> Undecodable(std::string what, std::string hint);
inline constexpr char kFetchAgain[] =
    "fetch or repair it, then `reprocess retry JOB --repaired` sends the rest of it";

}  // namespace reprocess
