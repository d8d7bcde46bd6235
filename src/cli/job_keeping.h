// Keeps the jobs of a cluster's namespace true while a command lasts, where nobody else does.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/program.h"
#include "jobs/keep_cluster.h"

namespace reprocess {

// For the submission's cluster and namespace; an error where that cannot be reached from here. What
// goes wrong later is told on the console.
Result<std::unique_ptr<ClusterKeeping>> KeepJobsOf(const Submission& submission, const Given& given,
                                                   const Program& program);

// The submission of a job, where it has one.
Result<std::optional<Submission>> SubmissionOf(const std::string& job_id, const Given& given,
                                               const Program& program);

}  // namespace reprocess
