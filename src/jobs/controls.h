// Changing a job's limits while it runs: `reprocess set`, `pause` and `resume`.
//
//   errors     kNotFound for an unknown job; a lag without groups to watch; kConflict for a pause
//              of a job that has ended for good; kNotAuthorized, with the statements to run, where
//              the table for it is missing
#pragma once

#include <string>

#include "base/result.h"
#include "model/throttle.h"
#include "store/queries.h"

namespace reprocess {

// What holds for a job now.
struct JobThrottle {
  bool paused = false;
  ThrottleLimits limits{};
  std::string ended{};  // how, where the job has: "completed", "failed", "cancelled"
};

// A configuration that cannot be read has no limits: its workers do not start.
JobThrottle ThrottleOf(const JobSummary& job, const JobControls& controls);

struct ControlsRequest {
  std::string job_id;
  ControlsChange change;
};
// Returns what holds from now on. Nothing is changed on an error.
Result<JobThrottle> ChangeControls(const ControlsRequest& request, Queries& queries);

}  // namespace reprocess
