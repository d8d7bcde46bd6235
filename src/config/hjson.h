// A flat object in JSON or Hjson, as KAFKA_SASL holds one.
//
//   accepted   braces optional; keys quoted or not; values quoted (with JSON's escapes), ''' … ''',
//              numbers, true and false, or unquoted text, which runs to the end of its line;
//              comments #, //, /* */; members end at a comma or a line break. Every value comes out
//              as text; null is dropped; of two equal keys the last one counts
//   refused    an object or array as a value
//   errors     name the line, never a value: it may be a secret
//   source     https://hjson.github.io/syntax.html
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace reprocess {

using FlatObject = std::vector<std::pair<std::string, std::string>>;

Result<FlatObject> ParseFlatObject(std::string_view text);

}  // namespace reprocess
