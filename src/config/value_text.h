// Reads the values of variables and keys from their text; nullopt where the text is no such value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reprocess {

// true, false, yes, no, 1, 0 in any case.
std::optional<bool> ParseFlag(std::string_view text);

// Decimal digits alone, at most INT64_MAX (what a database column holds).
std::optional<std::uint64_t> ParseWhole(std::string_view text);

// A whole number of bytes, or of KiB, MiB, GiB with the suffix k, M, G in any case.
std::optional<std::uint64_t> ParseBytes(std::string_view text);

// Both change ASCII letters only; other bytes stay as they are.
std::string LowerCase(std::string_view text);
std::string UpperCase(std::string_view text);

bool IsHttpUrl(std::string_view text);  // by its scheme

bool HasControlCharacter(std::string_view text);

}  // namespace reprocess
