// The order of a list that N workers share by position mod N, such that all have about as many bytes
// to read.
//
//   counts     equal, but for one file more of the first shares where N does not divide
//   balance    the heaviest share is as light as that allows, or nearly so: large files are dealt out
//              first, each round's largest to the share that has least so far, then files are swapped;
//              of a short list all possible shares are tried, within a bound
//   in a share oldest first, by the times in names; then those without, in the order given
//   threads    any; nothing of the files is read
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"

namespace reprocess {

struct Weight {
  std::uint64_t bytes = 0;
  std::optional<WallTime> time{};  // in its name
};

// By list position, which of `files` it is. `shares` is at least 1.
std::vector<std::size_t> BalancedOrder(std::span<const Weight> files, std::size_t shares);

}  // namespace reprocess
