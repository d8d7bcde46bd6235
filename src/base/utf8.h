// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <string_view>

namespace reprocess {

// Bytes of the well-formed sequence (RFC 3629: shortest form, no surrogates) that `text` begins
// with; 0 when there is none.
std::size_t Utf8Sequence(std::string_view text);

// Whether that sequence is one that turns the text behind it around, or marks where it may: what a
// terminal shows is then not what is there.
bool IsBidiControl(std::string_view sequence);

}  // namespace reprocess
