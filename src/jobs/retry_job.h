// Plans the retry of a job as a new job that nobody has begun: whoever has a launcher starts it.
//
//   again      a retry that was planned and never begun, because whoever made it has died, makes room
//              for this one; one that was given to Kubernetes already is gone on with
//   errors     kNotFound: there is nothing to retry; kReplayed: an earlier retry has taken it up, and
//              `again` does not say to send it once more; kConflict: a job of that name is there
//   threads    one at a time
#pragma once

#include <stop_token>
#include <string>

#include "jobs/plan_job.h"
#include "plan/retry.h"

namespace reprocess {

struct RetryJobRequest {
  RetryRequest retry;
  std::string job_id;  // of the new job; empty: one is made
  int shards = 0;      // at most one a file; 0: as many as the job that is retried
  bool again = false;
  KafkaSettings kafka;
  Settings settings;
  RepositoryAccess repository;
  CallKey call{};  // that asks for it
};

Result<PlannedJob> RetryPlanned(const RetryJobRequest& request, const World& world,
                                const std::stop_token& stop);

}  // namespace reprocess
