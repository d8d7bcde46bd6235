// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <string_view>

namespace reprocess {

// Bytes of the well-formed sequence (RFC 3629: shortest form, no surrogates) that `text` begins
// with; 0 when there is none.
std::size_t Utf8Sequence(std::string_view text);

}  // namespace reprocess
