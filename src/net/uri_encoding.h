// Percent-encoding of everything but RFC 3986's unreserved characters.
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

enum class Slash : bool { kKept, kEncoded };
std::string UriEncoded(std::string_view text, Slash slash);

}  // namespace reprocess
