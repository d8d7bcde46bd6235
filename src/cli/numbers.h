// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/thousands.h"

namespace reprocess {

std::string HumanBytes(std::uint64_t bytes);  // "999 B", "1.5 kB", "87.0 MB": powers of 1,000
std::string HumanDuration(double seconds);    // "0.4 s", "12.3 s", "4m 05s", "2h 03m"
std::string Plural(std::uint64_t n, std::string_view one);  // "1 file", "2 files"

// Cuts a text to `most` characters, the last one then "…"; bytes that are no printable UTF-8 become
// "?", so that nothing in a log file can steer a terminal.
std::string Printable(std::string_view text, std::size_t most);

// The same, cut on the left: of a path the end tells more.
std::string PrintableEnd(std::string_view text, std::size_t most);

// Of several lines, each whole; those behind the first set in, so that they read as one.
std::string PrintableLines(std::string_view text, std::size_t indent);

// Broken at spaces into lines of at most `columns`, those behind the first set in; 0: not broken.
std::string Wrapped(std::string_view text, std::size_t columns, std::size_t indent);

// Characters on a terminal, taking every code point as one wide.
std::size_t WidthOf(std::string_view text);

}  // namespace reprocess
