// Validates one line in full, reads the fields that judging needs, and makes the line compact: the
// one file that knows simdjson.
//
//   fast path  simdjson's DOM, which checks all it reads. It refuses some that is legal here (whole
//              numbers of 2^64 and more, 1e400, lone surrogate escapes, depth over 1,024, bytes
//              that are not UTF-8): what it refuses goes to GrammarCheck, which has the last word
//   memory     simdjson wants up to 14 bytes a byte of the longest line: lines over kFastPathBytes
//              are left to GrammarCheck, which wants none
//   threads    one at a time
#pragma once

#include <memory>

#include "filter/fields.h"
#include "filter/grammar.h"
#include "model/batch.h"

namespace reprocess {

class LineParser {
 public:
  static constexpr std::size_t kFastPathBytes = 1 << 20;

  LineParser();
  ~LineParser();

  // Buffer::kPadding readable bytes follow the line's text. Of a valid object, sets not_utf8 and
  // drops the white space outside strings: text and size change. Else the line stays as it is.
  GrammarVerdict Parse(Line& line);

  // Of the last line that was an object; valid until the next Parse.
  const Fields& fields() const { return fields_; }

 private:
  bool ParseFast(Line& line);

  struct Simdjson;
  std::unique_ptr<Simdjson> simdjson_;
  GrammarCheck grammar_;
  Fields fields_;
};

}  // namespace reprocess
