// Rows of reprocessing_shards and reprocessing_controls, for the stores and for queries.
#pragma once

#include <string>

#include "model/books.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

inline constexpr std::size_t kControlColumns = 12;
std::string ControlColumns(const Session& session, const Schema& schema);  // a SELECT list
ShardRow ControlRowOf(const Row& row, std::size_t from);  // its columns begin at `from`

// A time column as RFC 3339 text, NULL as NULL.
std::string TimeText(const Session& session, std::string_view column);

// Rows of reprocessing_controls.
// None where there is no row; an error names the column whose value is impossible. `max_errors`: the
// table has that column.
Result<JobControls> SelectControls(Session& session, const std::string& job_id, bool max_errors);
Result<void> ChangeControls(Session& session, const std::string& job_id,
                            const ControlsChange& change);

}  // namespace reprocess
