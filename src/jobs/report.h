// A job's completion report: what it was of, how it ended, whether its books hold, and what verify has
// found. Of a job that has not ended it says what is so far.
//
//   errors     kNotFound for an unknown job
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/ask.h"

namespace reprocess {

struct CompletionReport : JobView {
  Counters of_files;                    // what the files' rows sum to
  Counters counters;                    // of all shards; by reason where the files' rows tell
  std::vector<std::string> problems;    // where the books do not hold
  std::optional<VerifyResult> verdict;  // of the last verify
};

// `life`, `now`: as in jobs/ask.h.
Result<CompletionReport> ReportOf(Queries& queries, const std::string& job_id, Milliseconds life,
                                  WallTime now);

}  // namespace reprocess
