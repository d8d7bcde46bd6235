// Rows of reprocessing_shards and reprocessing_controls, for the stores and for queries.
#pragma once

#include <string>

#include "model/books.h"
#include "status/session.h"

namespace reprocess {

inline constexpr std::size_t kControlColumns = 10;
// A SELECT list. `throttle`: the table has that column.
std::string ControlColumns(const Dialect& dialect, bool throttle);
ShardRow ControlRowOf(const Row& row, std::size_t from);  // its columns begin at `from`

// Rows of reprocessing_controls.
// None where there is no row; an error names the column whose value is impossible. `max_errors`: the
// table has that column.
Result<JobControls> SelectControls(Session& session, const std::string& job_id, bool max_errors);
Result<void> ChangeControls(Session& session, const std::string& job_id,
                            const ControlsChange& change);

}  // namespace reprocess
