// Which page of a list a call asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/query.h"

namespace reprocess {

inline constexpr int kMostRows = 500, kUsualRows = 50;

struct PageAsked {
  int limit = kUsualRows;  // at most kMostRows
  std::string after;       // as `next` of the page before said; empty: the first
};
Result<PageAsked> PageOf(const Query& query);

// A whole number of the query; nullopt: it is not there.
Result<std::optional<std::uint64_t>> WholeOf(const Query& query, const char* name,
                                             std::uint64_t most);

}  // namespace reprocess
