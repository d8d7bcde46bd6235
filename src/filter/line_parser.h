// Validates one line in full, reads the fields that judging needs, and makes the line compact: the
// one file that knows simdjson.
//
//   fast path  simdjson's first stage finds the tokens, and TokenWalk checks them. Together they
//              refuse some lines that are legal here (depth over 1,024, bytes that are not UTF-8):
//              what they refuse goes to GrammarCheck, which has the last word
//   memory     four bytes for each byte of the longest line. Lines over kFastPathBytes are left to
//              GrammarCheck, which needs none
//   threads    one at a time
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "filter/fields.h"
#include "filter/grammar.h"
#include "filter/token_walk.h"
#include "model/batch.h"

namespace reprocess {

class LineParser {
 public:
  static constexpr std::size_t kFastPathBytes = 1 << 20;

  LineParser();
  ~LineParser();

  // Buffer::kPadding readable bytes follow the line's text. Where that is a valid object, sets
  // not_utf8 and drops the white space outside strings: text and size change. Any other line stays
  // as it is.
  GrammarVerdict Parse(Line& line);

  // Those of the last line that was an object; valid until the next Parse.
  const Fields& fields() const { return fields_; }

 private:
  bool ParseFast(Line& line);

  struct Simdjson;
  std::unique_ptr<Simdjson> simdjson_;
  TokenWalk walk_;
  GrammarCheck grammar_;
  Fields fields_;
};

// The text without the white space outside strings, in `to`. What an invalid text becomes is some
// text.
void Compact(std::string_view text, std::string& to);

}  // namespace reprocess
