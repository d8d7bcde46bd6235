// What an operator asks of a job's books: `reprocess status` and `reprocess errors`.
//
//   errors     kNotFound for an unknown job, and for a SQLite database that is not there (asking
//              makes none)
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/controls.h"
#include "jobs/standing.h"
#include "status/queries.h"

namespace reprocess {

// The places where files stopped, as errors: they have no rows among these.
std::vector<StoredError> UnreadableOf(const std::vector<FileRow>& files);

// Opens the books of an existing database, to ask: nothing is made or altered in it.
Result<std::unique_ptr<Queries>> OpenExistingQueries(const std::string& url);
// … or to change a job: tables and columns that are missing are made.
Result<std::unique_ptr<Queries>> OpenExistingToChange(const std::string& url);

struct JobOverview {
  JobSummary job;
  JobStanding standing;
  std::optional<double> seconds;     // that it took, or takes so far
  std::vector<std::string> retries;  // jobs that send what it could not; in a list, of the list
};

// `life`: as in jobs/standing.h.
Result<std::vector<JobOverview>> ListJobs(const std::string& database_url, int most,
                                          Milliseconds life);

struct JobView : JobOverview {
  std::vector<ShardSummary> shards;
  std::vector<FileRow> files;        // by list position; empty where there is no such table
  std::vector<StoredError> reasons;  // lines by reason, a sample each
  JobThrottle throttle;
  Milliseconds life{0};
};
Result<JobView> ViewJob(const std::string& database_url, const std::string& job_id,
                        Milliseconds life);

struct ErrorsView {
  std::vector<StoredError> reasons;  // all of them, a sample each
  std::vector<StoredError> rows;     // at most as many as asked for
  std::vector<ErrorGroup> streams;   // that the repository did not know, or knew no way for
};
Result<ErrorsView> ViewErrors(const std::string& database_url, const std::string& job_id,
                              std::optional<Reason> reason, int most);

}  // namespace reprocess
