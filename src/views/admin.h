// Jobs as the admin service's clients read them: its names, its order, its types, what it leaves out.
// Times are UTC, in whole seconds. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/job_logs.h"
#include "jobs/launcher.h"
#include "store/queries.h"

namespace reprocess {

std::string AdminErrorJson(const std::string& what);

// `shards`: whose row says where the job is. Nothing of Kubernetes where `counts` has nothing.
std::string AdminJobJson(const JobSummary& job, const std::vector<ShardSummary>& shards,
                         const std::optional<PodCounts>& counts);
std::string AdminJobsJson(const std::vector<JobSummary>& jobs);
// nullopt: there is no such job.
std::string AdminWorkersJson(const std::optional<std::vector<ShardSummary>>& shards);

// Why nothing of a pod's log can be read.
struct AdminPodProblem {
  int worker = 0;
  std::string pod, error;
};
std::string AdminNoLogsJson(const std::string& job_id, std::vector<AdminPodProblem> problems,
                            bool sorted);

// Its pods' lines by pod, or all of them in their order.
std::string AdminLogsJson(const std::string& job_id, const std::vector<JobLogLine>& lines);
std::string AdminSortedLogsJson(const std::string& job_id, std::vector<JobLogLine> lines);

}  // namespace reprocess
