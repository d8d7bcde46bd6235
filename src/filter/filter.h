// Judges lines: to whom each is sent, or why it is skipped or an error. Pure: it does no I/O and
// reads no clock (contract, sections 2-5).
//
//   order      blank → oversized → valid JSON object → stream_ids → dates → connection ids
//              (configured, else looked up) → size. Filters come before the look-up: a filtered
//              message of an unknown stream is skipped, no error. With only_connections nothing is
//              looked up but stream_connections: a stream that is not there is filtered
//   validity   RFC 8259 grammar, a single object, numbers of any size, lone surrogate escapes and
//              bytes over 0x7F in strings taken as they are, nesting up to 10,000, duplicate keys
//              (the last one counts). A fast path (simdjson) and, for what it refuses, a slow
//              grammar check
//   bytes      a line that is compact is left untouched; of any other the white space outside
//              strings is dropped in place, so Line::text and size change, and first_byte and
//              end_byte stay
//   ownership  borrows `streams`; connection ids in judged lines point into `streams`, or into the
//              filter, which must outlive the batches
//   threads    one at a time; one Filter a thread
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "filter/fields.h"
#include "model/batch.h"
#include "model/job_config.h"
#include "model/stream_map.h"

namespace reprocess {

class Filter {
 public:
  // Borrows `streams`; nullptr when no repository is configured. Values above `max_value_bytes` are
  // kTooLarge.
  Filter(const JobConfig& config, const StreamMap* streams, std::uint64_t max_value_bytes);
  ~Filter();

  // Sets verdict, reason, message, connection_ids and not_utf8 of each line, and last_created of
  // the batch.
  void Judge(Batch& batch);
  // One of its lines alone.
  void Judge(Batch& batch, Line& line);

  // Those of the line that was judged last, where it is a message; valid until the next is judged.
  const Fields& fields() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reprocess
