// Why a shard has failed for good: started again as it is, it fails again. It stands in front of the
// error in the worker's row, "failed for good (fingerprint): …", which whoever shows the row shows, and
// by which whoever keeps the job knows that no other start helps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

enum class FailureKind : std::uint8_t {
  kFingerprint,    // its job was begun with other files, filters, limits, workers or destination
  kMaxErrors,      // more lines cannot be sent than max_errors allows
  kConfiguration,  // its environment or its mounted files make no sense
};
std::string_view NameOf(FailureKind kind);  // "fingerprint", "max_errors", "configuration"

// Of the error that ended a shard; nullopt: another start may go better.
std::optional<FailureKind> FailureKindOf(const Error& error);

// What the worker's row says of it, and of what kind that is.
inline constexpr std::string_view kForGood = "failed for good (";
std::string FailureText(std::optional<FailureKind> kind, std::string error);
std::optional<FailureKind> FailureKindIn(std::string_view text);

}  // namespace reprocess
