// The slow, complete check of one line of JSON, for what the fast parser refuses or is spared.
//
//   accepts    RFC 8259 with numbers of any length, any \uXXXX escape (lone surrogates too), bytes
//              over 0x7F in strings as they are, and at most kMaxDepth containers inside each other
//   white      space is space, tab, carriage return and line feed, nothing else
//   memory     constant, whatever the line: it does not recurse, and keeps one bit a level
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "filter/fields.h"

namespace reprocess {

inline constexpr std::size_t kMaxDepth = 10'000;  // the outermost container is the first

constexpr bool IsJsonSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

struct GrammarVerdict {
  bool valid = false;
  bool object = false;         // valid: a single object
  std::size_t at = 0;          // not valid: the first offending byte of the text, from 0
  std::string_view what = {};  // not valid: why; valid but no object: what it is
};

class GrammarCheck {
 public:
  GrammarVerdict Check(std::string_view text);

  // Those of the last text that was an object; valid until the next Check.
  const Fields& fields() const { return fields_; }
  // The "type" of that text, read as the fields are. Nothing is judged by it.
  const std::string& type() const { return type_; }

 private:
  class Scanner;
  Fields fields_;
  std::string created_, source_id_, slug_;  // what fields_ points to
  std::string type_;
};

// Drops the white space outside strings, in place; returns what is left of `size`. What an invalid
// text becomes is some text.
std::size_t DropSpace(char* text, std::size_t size);

// The value of a valid string literal, given without its quotes.
std::string UnescapeJson(std::string_view literal);

}  // namespace reprocess
