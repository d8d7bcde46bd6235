// What an operator asks of a job's books: `reprocess status` and `reprocess errors`.
//
//   errors     kNotFound for an unknown job
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/controls.h"
#include "jobs/standing.h"
#include "store/queries.h"

namespace reprocess {

// The places where failed files stopped, as errors: they have no rows among these.
std::vector<StoredError> UnreadableOf(const std::vector<FileRow>& failed);

struct JobOverview {
  JobSummary job;
  JobStanding standing;
  std::optional<double> seconds;     // that it took, or takes so far
  std::vector<std::string> retries;  // jobs that send what it could not; in a list, of the list
};

// What happens with the job now and why it waits, in the words of whoever keeps it; of one that nobody
// has submitted, why nobody works on it, "planned" and "paused". Empty: nothing but what its standing says.
std::string PhaseOf(const JobOverview& job);

// `life`: as in jobs/standing.h. `now`: to which a job that runs has taken time.
Result<std::vector<JobOverview>> ListJobs(Queries& queries, const JobPick& pick, Milliseconds life,
                                          WallTime now);

struct JobView : JobOverview {
  std::vector<ShardSummary> shards;
  std::array<std::uint64_t, 6> files{};  // by FileState, as the shards' checkpoints tell
  std::vector<FileRow> failed_files;     // by list position
  std::vector<StoredError> reasons;      // lines by reason, and files that stopped; a sample each
  JobThrottle throttle;
  Milliseconds life{0};
};
// `before`: the same job as it was read last, for whoever reads it again and again: what cannot have
// changed since is taken from it.
Result<JobView> ViewJob(Queries& queries, const std::string& job_id, Milliseconds life,
                        WallTime now, const JobView* before = nullptr);

// Paths of the files where its shards are, by list position.
Result<std::map<int, std::string>> PathsOf(Queries& queries, const JobView& job);

struct ErrorsView {
  std::vector<StoredError> reasons;  // all of them, a sample each
  std::vector<StoredError> rows;     // at most as many as asked for
  std::vector<ErrorGroup> streams;   // that the repository did not know, or knew no way for
};
// Rows are first lines that were not sent, then places where files stopped. `lines_done`: that of
// `pick.after` is one of the latter.
Result<ErrorsView> ViewErrors(Queries& queries, const std::string& job_id, const ErrorPick& pick,
                              bool lines_done = false);

}  // namespace reprocess
