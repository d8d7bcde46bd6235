// Goes on with a job whose Job has ended, expired or was deleted, while work is left: the same objects
// are made again under the same id, and its checkpoints say where it goes on.
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
  Submission
      submission;  // that has ended; of another job, whose plan was never submitted: its own id
  std::string submitted_by, reason;
};

// The submission as it is then.
Result<Submission> SubmitAgain(const AgainRequest& request, const Environment& environment,
                               Queries& queries, PlanLists& lists, const SubmitWorld& world,
                               const std::stop_token& stop);

}  // namespace reprocess
