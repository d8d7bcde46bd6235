// A flat object in JSON or Hjson, as KAFKA_SASL holds one.
//
//   accepted   Braces may be left out. Keys are quoted or not. Values are quoted (with JSON's
//              escapes), stand in ''' … ''', are numbers, true or false, or unquoted text, which
//              runs to the end of its line. Comments are #, // and /* */. Members end at a comma or
//              a line break. Every value comes out as text; null is dropped; of two equal keys the
//              last one counts
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
