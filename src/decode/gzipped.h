// A text as one gzip member, and back.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reprocess {

std::string Gzipped(std::string_view text);

// nullopt where it is not one whole member, of at most `most` bytes of text.
std::optional<std::string> Gunzipped(std::string_view member, std::size_t most);

}  // namespace reprocess
