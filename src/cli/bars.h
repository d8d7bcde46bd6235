// The picture of a running job: bars on a terminal, a line elsewhere. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "views/progress.h"

namespace reprocess {

// A line each shard, as many as fit into `rows`, how many do not, and two lines for the total: its
// bar; the times, the rates. No line is wider than `columns`; names are cut on the left.
std::vector<std::string> Bars(const ProgressState& state, std::size_t columns, std::size_t rows);

// "45 %, 2,345,678 lines, 120,000 lines/s, 180.0 MB/s, 12 errors, 1m 12s left, 59 s elapsed".
std::string ProgressLine(const ProgressState& state);

}  // namespace reprocess
