// Cuts one input object into batches of lines and remembers where each line began.
//
//   formats    plain, gzip (RFC 1952, any number of members, empty ones too) and zstd (RFC 8878,
//              any number of frames, skippable ones too), told apart by the first four bytes
//   lines      end with LF or CRLF; the last one may have no terminator; a UTF-8 byte order mark at
//              byte 0 belongs to the first line's bytes, not to its text
//   units      offsets are bytes in the decompressed object, from 0; line numbers start at 1
//   errors     `where` is "byte <decompressed>, line <number>" and for compressed
//              input " (compressed byte <n>)". Corrupt, truncated or followed by garbage: kCount
//              (reading again will not help); what the storage says is passed on. Whole lines
//              inflated before the error come out first; bytes past the last newline before an
//              error are not delivered. An over-long line is no error here: Line::oversized
//   memory     about two batches and one line of up to line_bytes; an oversized line's bytes are
//              dropped as they come, all but the first 1 KiB
//   ownership  keeps `open` for its life; a Batch owns its bytes
//   threads    one at a time
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/result.h"
#include "model/batch.h"
#include "model/buffer_pool.h"
#include "model/position.h"
#include "model/storage.h"

namespace reprocess {

class LineReader {
 public:
  struct Limits {
    // The text in a batch. A longer line makes a longer batch, and a chunk of the storage's makes
    // one of its own size. The weight of a batch's Lines is bounded too, so that lines of a few
    // bytes make smaller batches, which share a buffer.
    std::size_t batch_bytes = 512 << 10;
    std::uint64_t line_bytes = 10 << 20;  // of a line without its terminator
  };
  // Opens the object at a byte of its stored form. It may be called several times: first to look at
  // the first bytes, then at the place where reading starts.
  using Opener = std::function<Result<OpenedObject>(std::uint64_t offset)>;

  // Starts at `start`, which lies just past a line's terminator, or at 0. A plain object is opened
  // at start.byte; a compressed one at start.frame, and inflated up to start.byte.
  // Batches lie in buffers of `pool`, if they have the size of a batch.
  static Result<std::unique_ptr<LineReader>> Open(Opener open, FilePlace start, Limits limits,
                                                  BufferPool pool);
  static Result<std::unique_ptr<LineReader>> Open(Opener open, FilePlace start, Limits limits) {
    return Open(std::move(open), start, limits, BufferPool(limits.batch_bytes));
  }

  virtual ~LineReader() = default;

  // The next batch in file order: sets buffer, lines, version_tag, object_size, stored_byte, begin
  // and after, and nothing else. A batch without lines at the end, and on every call after it. After an error
  // the reader is spent: each later call returns that error again.
  virtual Result<Batch> Next() = 0;

  virtual bool compressed() const = 0;
};

}  // namespace reprocess
