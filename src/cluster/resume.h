// Goes on with a job on Kubernetes while work is left. One that runs keeps its Job, which may start
// pods again. Of one that failed, or whose submission was cut off, the same objects are made again
// under the same id, and its checkpoints say where it goes on.
//
//   errors     kConflict: nothing is left to do, or the job is cancelled, which is final; those of
//              cluster/submit.h
//   threads    one at a time
#pragma once

#include <stop_token>
#include <string>

#include "cluster/submit.h"

namespace reprocess {

struct AgainRequest {
  Submission submission;  // the job's; of one whose plan was never submitted: another's, its own id
  std::string submitted_by, reason;
  BeginSubmission begin = [](const auto& work) { return work(); };  // where its objects are made
};

Result<void> Resume(const AgainRequest& request, const Environment& environment, Queries& queries,
                    PlanLists& lists, const SubmitWorld& world, const std::stop_token& stop);

}  // namespace reprocess
