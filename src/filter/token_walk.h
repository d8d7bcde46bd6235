// The fast, complete check of one line of JSON, along the places where its tokens begin. simdjson's
// first stage finds those; what its second one would add (a tape of values that nobody reads) costs
// twice as much as this walk.
//
//   given      by the first stage: strings are closed, hold no control character, and are UTF-8; a
//              token begins at every bracket, colon and comma, at every opening quote that does not
//              follow a scalar's byte, and at every other byte that follows white space, a bracket,
//              a colon, a comma or a closing quote
//   checked    all else: the order of tokens, numbers, words, escapes
//   accepts    what GrammarCheck accepts, down to kDepth containers. What the walk refuses is given
//              to GrammarCheck, so a refusal may be wrong; an acceptance must not be
//   ownership  fields() point into the text, which must keep its place, or into the walk
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "filter/fields.h"

namespace reprocess {

class TokenWalk {
 public:
  static constexpr std::size_t kDepth = 1'024;

  // `text` begins with '{' and ends with '}'; Buffer::kPadding readable bytes follow it.
  bool Check(std::string_view text, std::span<const std::uint32_t> tokens);

  // Those of the last text that passed.
  const Fields& fields() const { return fields_; }
  bool compact() const { return !spaced_; }  // no white space before any token

  // Moves the fields out of the text, which is about to change.
  void KeepFields();

 private:
  bool EscapesAreValid(std::string_view text);
  bool TakeValues();
  void Note(const std::uint32_t* token, std::size_t depth);
  std::string_view StringAt(const std::uint32_t* token, std::string& unescaped) const;

  const char* text_ = nullptr;
  std::span<const std::uint32_t> tokens_;
  std::array<char, kDepth> closers_;  // of the containers around the innermost one
  bool spaced_ = false;
  bool escapes_ = false;    // the text has some
  bool in_origin_ = false;  // inside the value of the outermost object's "origin"
  Fields fields_;
  std::string created_, source_id_, slug_;  // what fields_ points to, if not into the text
};

}  // namespace reprocess
