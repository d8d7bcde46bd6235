// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <string_view>

namespace reprocess {

// How many bytes the well-formed sequence has (RFC 3629: shortest form, no surrogates) that `text`
// begins with; 0 where it begins with none.
std::size_t Utf8Sequence(std::string_view text);

// Whether that sequence turns the text behind it around, or marks where that may happen: what a
// terminal shows is then not what is there.
bool IsBidiControl(std::string_view sequence);

}  // namespace reprocess
