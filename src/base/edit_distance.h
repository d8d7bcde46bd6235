// Levenshtein's distance: how many bytes must be changed, added or removed to make one text of the
// other. For messages that name what a mistyped word may have meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace reprocess {

std::size_t EditDistance(std::string_view a, std::string_view b);

}  // namespace reprocess
