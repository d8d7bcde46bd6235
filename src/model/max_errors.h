// How many of the lines that a shard has judged may be errors before it goes no further
// (max_errors).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/counters.h"

namespace reprocess {

// A number of lines, or a share of the lines judged (sent and errors).
struct MaxErrors {
  std::uint64_t lines = 0;                    // where there is no share
  std::optional<std::uint32_t> hundredths{};  // of a percent, 0 to 10,000

  bool operator==(const MaxErrors&) const = default;
};

// Fewer lines than this say nothing of the rest: no shard is stopped before.
inline constexpr std::uint64_t kLeastJudged = 1'000;

// Of jobs that `reprocess run` plans.
inline constexpr std::string_view kDefaultMaxErrors = "50%";

// "76", "5%", "0.25%"; nullopt for anything else.
std::optional<MaxErrors> ParseMaxErrors(std::string_view text);
std::string ToText(const MaxErrors& most);

bool IsOver(const MaxErrors& most, const Counters& shard);

}  // namespace reprocess
