// A text as forms and URL-encoded keys have it, back as it was: "a%20b" and "a+b" are "a b".
#pragma once

#include <string>
#include <string_view>

namespace reprocess {

// What is no escape stays as it is.
std::string FormDecoded(std::string_view text);

}  // namespace reprocess
