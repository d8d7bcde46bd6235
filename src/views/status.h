// Documents of jobs: the list, one with its shards, its limits. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jobs/ask.h"
#include "model/checkpoint.h"
#include "views/next_step.h"

namespace reprocess {

std::string JobsJson(const std::vector<JobOverview>& jobs);
inline const std::string& IdOfJob(const JobOverview& job) {
  return job.job.id;
}
// A page of them, and behind which one the next begins; empty: it is the last.
std::string JobsPageJson(const std::vector<JobOverview>& jobs, const std::string& next);
std::string JobJson(const JobView& view, const std::vector<NextStep>& next);
// Its shards alone, as JobJson has them.
std::string WorkersJson(const JobView& view);

// Events of a watch, a line each: what happens now and why it waits; and the end.
std::string PhaseEvent(const JobOverview& job);
std::string EndedEvent(const JobOverview& job, Outcome outcome);

// Of a job that is cancelled, with nothing left of it.
std::string CancelledJson(const JobOverview& job);

// After its pods were let go, or are made again.
std::string SuspendedJson(const std::string& job_id, bool suspended);

// After a change of how many pods run at once.
std::string ScaleJson(const std::string& job_id, int pods);

// After a worker's pod on a lost node was marked as failed.
std::string ReleasedJson(const std::string& job_id, int worker, const std::string& pod,
                         const std::string& node);

// After a change of its limits.
std::string ThrottleJson(const std::string& job_id, const JobThrottle& throttle);

}  // namespace reprocess
