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

// `next` of a page of `limit` rows: what `id` makes of the last one; empty where no other page follows.
template <class Rows, class Id>
std::string NextOf(const Rows& rows, int limit, const Id& id) {
  const bool full = !rows.empty() && static_cast<int>(rows.size()) == limit;
  return full ? std::string(id(rows.back())) : std::string();
}

// A whole number of the query; nullopt: it is not there.
Result<std::optional<std::uint64_t>> WholeOf(const Query& query, const char* name,
                                             std::uint64_t most);

}  // namespace reprocess
