// Percent-decoding of what stands in a URL.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reprocess {

enum class Plus : bool { kItself, kSpace };  // a query's `+`, as forms send it, is a space

// nullopt for a `%` without two digits behind it, and for NUL, which no C function reads past.
std::optional<std::string> PercentDecoded(std::string_view text, Plus plus = Plus::kItself);

}  // namespace reprocess
