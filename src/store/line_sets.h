// Rows of reprocessing_line_sets: which lines of its files a plan sends, where they are too scattered for
// stretches. A set comes in parts, so that no value is large: gzip members of a MiB of its bytes each
// (model/line_set.h).
//
//   errors     as in model/stores.h; kNotAuthorized, with the statements to run, where the table is
//              missing and there is something to store
//   threads    one at a time
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/line_set.h"
#include "store/planned_files.h"
#include "store/queries.h"
#include "store/schema.h"
#include "store/session.h"

namespace reprocess {

// Of a job that has none yet.
Result<void> PutLineSets(Session& session, const Schema& schema, const std::string& job_id,
                         const PlannedFiles& files);

// By list position; of one, or of all files that have one. kConflict where a part is not whole.
Result<std::map<int, LineSet>> GetLineSets(Session& session, const Schema& schema,
                                           const std::string& job_id, std::optional<int> position);

// Completes a row by the set of its position; where there is none all lines are sent.
void AddLineSet(const std::map<int, LineSet>& sets, FileRow& file);
// Completes rows that Queries::Files gave.
Result<void> AddLineSets(const std::string& job_id, Queries& queries, std::vector<FileRow>& files);

}  // namespace reprocess
