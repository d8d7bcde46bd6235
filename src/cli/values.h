// Texts that were given, as values.
//
//   errors     kInvalid: name option, value and what is expected
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "model/max_errors.h"
#include "model/reason.h"

namespace reprocess {

// "read --limit: expected a whole number, got "x"".
std::unexpected<Error> Expected(std::string_view option, const std::string& given,
                                std::string_view expected);

// A whole number from `least`; `fallback` when the text is empty.
Result<std::uint64_t> CountOf(std::string_view option, const std::string& text, std::uint64_t least,
                              std::uint64_t most, std::uint64_t fallback);

// A limit's number, for the option or key `name`: "2000", or "2k", "3M", "1G" for powers of 1,000.
Result<std::uint64_t> AmountOf(std::string_view name, const std::string& text);

Result<MaxErrors> MostErrorsOf(std::string_view option, const std::string& text);

// Of --reason: one of those of lines that were not sent; nullopt for an empty text.
Result<std::optional<Reason>> ReasonArgument(const std::string& name);
std::string ReasonNames(std::string_view separator);

// Of --version-id, which goes with one S3 object alone.
Result<std::string> VersionOf(const std::string& version_id, const std::vector<std::string>& paths);

// Of --manifest, which stands instead of PATH: one of both is there.
Result<std::string> ManifestOf(const std::string& manifest, const std::vector<std::string>& paths);

// With --json nothing can be asked: --yes must be there.
Result<void> CheckJsonIsSure(const Given& given);

}  // namespace reprocess
