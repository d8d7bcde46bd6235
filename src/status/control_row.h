// Reading rows of reprocessing_shards, for the store and for queries.
#pragma once

#include <string>

#include "model/books.h"
#include "status/session.h"

namespace reprocess {

inline constexpr std::size_t kControlColumns = 9;
std::string ControlColumns(const Dialect& dialect);       // a SELECT list
ShardRow ControlRowOf(const Row& row, std::size_t from);  // its columns begin at `from`

}  // namespace reprocess
