// Cuts bytes into lines in the very buffer that they were read into; only the unfinished last line
// moves on to the next buffer.
//
//   use        read into Space(), tell Fed() how much, or Adopt() a buffer with bytes in it; when
//              full(), or at the end after End(), Take()
//   memory     a buffer holds batch_bytes, or one longer line of up to line_bytes, or is an adopted
//              one. Of a line beyond that a sample stays, its other bytes are overwritten by what
//              follows. A Line weighs as much as the text of a short line many times over, so a
//              buffer of short lines is cut in several goes, which share it
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "decode/line_reader.h"
#include "model/batch.h"
#include "model/buffer_pool.h"
#include "model/prefix_hash.h"
#include "model/storage.h"

namespace reprocess {

class LineSplitter {
 public:
  static constexpr std::size_t kSampleBytes = 1 << 10;  // kept of an oversized line

  // The first byte fed is byte `start.byte` of the file and begins the line after `start.line`
  // others.
  LineSplitter(const FilePlace& start, LineReader::Limits limits, BufferPool pool);

  // Where the next bytes go: at least one, at most batch_bytes. Not while full().
  std::span<char> Space();
  void Fed(std::size_t bytes);
  // The bytes that Adopt needs before those of a chunk; nullopt: the next ones go to Space().
  std::optional<std::size_t> RoomToAdopt() const;
  void Adopt(Chunk chunk);
  // The file ends here: what follows the last terminator, if anything, is a line too.
  void End();

  bool full() const {
    return !lines_.empty() && (shared_ || lines_.size() == most_lines_ || filled_ >= batch_bytes_ ||
                               filled_ == buffer_->capacity());
  }
  bool empty() const { return lines_.empty(); }

  std::uint64_t fed_byte() const { return byte_; }         // just past the last byte fed
  std::uint64_t whole_byte() const { return line_byte_; }  // just past the last whole line
  std::uint64_t whole_lines() const { return line_count_; }

  struct Cut {
    std::shared_ptr<Buffer> buffer;
    std::vector<Line> lines;
  };
  // All whole lines since the last call; full() again at once where their buffer holds more.
  Cut Take();

 private:
  std::size_t unfinished() const { return filled_ - line_begin_; }  // bytes of the last line
  void MakeRoom();
  void MoveLineTo(std::size_t capacity, std::size_t kept);
  void CutLines();
  void FinishLine(std::size_t end, std::uint64_t end_byte, bool terminated);

  std::shared_ptr<Buffer> NewBuffer(std::size_t capacity);

  const std::size_t batch_bytes_, line_bytes_, most_lines_;
  BufferPool pool_;  // of batch_bytes
  std::shared_ptr<Buffer> buffer_;
  std::size_t filled_ = 0;
  std::size_t scanned_ = 0;     // of [0, filled_): where the next line ends is looked for from here
  bool shared_ = false;         // with lines that were taken: nothing more is read into the buffer
  std::size_t line_begin_ = 0;  // of the unfinished line, in the buffer
  bool dropping_ = false;       // it is oversized: [line_begin_, filled_) is its sample
  std::uint64_t byte_, line_byte_, line_count_;
  std::uint64_t hash_;                 // of all whole lines
  std::optional<PrefixHash> dropped_;  // with the bytes of the oversized line
  std::vector<Line> lines_;
};

}  // namespace reprocess
