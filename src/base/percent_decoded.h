// Percent-decoding of what stands in URLs, forms and keys: "a%20b" is "a b".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reprocess {

enum class Plus : bool { kItself, kSpace };  // a query's `+`, as forms send it, is a space

// What is no escape stays as it is.
std::string PercentDecoded(std::string_view text, Plus plus = Plus::kItself);

// nullopt for a `%` without two digits behind it, and for NUL, which no C function reads past.
std::optional<std::string> StrictlyDecoded(std::string_view text, Plus plus = Plus::kItself);

}  // namespace reprocess
