// A stretch of one file's lines on its way from the reader to the sink.
//
//   gaps       lines that are not the job's are not in `lines`: their bytes are uncounted, and lie
//              between the others, before or behind them
//   ownership  a Batch owns its bytes (`buffer`); each Line::text is valid exactly as long as that
//              buffer. Line::connection_ids is borrowed from the filter and the
//              repository, which outlive all batches
//   units      offsets are bytes in the decompressed file, from 0; line numbers start at 1
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/buffer.h"
#include "model/counters.h"
#include "model/key.h"
#include "model/position.h"
#include "model/reason.h"

namespace reprocess {

enum class Verdict : std::uint8_t { kUnjudged, kSend, kSkip, kError };

struct Line {
  char* text = nullptr;       // without terminator and byte order mark
  std::uint32_t size = 0;     // of text; of an oversized line only the sample's size
  std::uint32_t message = 0;  // for an error: 1 + index into Batch::messages; 0 = none
  std::uint64_t first_byte = 0;
  std::uint64_t end_byte = 0;  // just past its terminator: the next line's first byte
  std::uint64_t number = 0;
  std::uint64_t hash = 0;  // of the file up to end_byte (model/prefix_hash.h), from begin.hash.from
  std::string_view connection_ids{};  // the header's value; empty = no header
  Verdict verdict = Verdict::kUnjudged;
  Reason reason = Reason::kBlank;  // where verdict is kSkip or kError
  bool oversized = false;          // longer than max_line_bytes; `text` is its first 1 KiB at most
  bool not_utf8 = false;
  bool shares_row = false;  // shares an error row with the line before it: no commit in between
};

// How a file ended, on the last batch of it (which may hold no lines).
struct FileEnd {
  enum class State : std::uint8_t {
    kDone,     // read to its end
    kFailed,   // cannot be read further; `error` says why
    kPartial,  // cut by the limit
  };
  State state = State::kDone;
  Error error;
};

struct Batch {
  int list_position = 0;  // of the file, in the job's whole list, from 0
  std::shared_ptr<Buffer> buffer;
  FileKey file_key;  // what records' keys derive from
  std::vector<Line> lines;
  std::vector<std::string> messages;  // why lines are errors
  std::string version_tag;            // of the object that these bytes come from; empty if unopened
  std::uint64_t object_size = 0;      // stored bytes, as opened
  std::uint64_t stored_byte = 0;      // … up to which these lines were read, or somewhat further
  std::uint64_t uncounted_bytes = 0;  // of what lies in gaps: read, not judged, not counted
  FilePlace begin, after;             // the place before all that was read, and after it
  std::optional<FileEnd> end;
  std::string last_created;  // messageCreated of the last message seen here

  std::size_t weight() const {  // bytes that this batch holds in a pipe
    return (buffer ? buffer->capacity() : 0) + lines.size() * sizeof(Line) + sizeof(Batch);
  }
};

// The place just past a line of the batch, by its index. Frame: the batch's first one.
FilePlace PlaceAfter(const Batch& batch, std::size_t line);
// What lies before that place, as far as bytes from `earliest` on can be read again.
PlaceHash HashAfter(const Batch& batch, std::size_t line, std::uint64_t earliest);

// Adds one judged line to the books.
void Count(const Line& line, Counters& counters);

}  // namespace reprocess
