// Changes how a job's pods run: how many at once, and whether at all.
//
//   order      first the job's submission, then its Job: who dies in between leaves what the keeper of
//              the cluster's jobs (cluster/keeper.h) carries out
//   errors     kConflict: the Job is not there, or another's; kFenced: somebody has submitted or
//              cancelled the job since; those of kube/api.h
//   threads    one at a time
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "cluster/seen.h"
#include "kube/api.h"
#include "store/submissions.h"

namespace reprocess {

// Its pods are to go, when the keeper has read what they wrote; Kubernetes gives their room to others.
Result<void> AskToSuspend(Submissions& submissions, const Submission& submission,
                          const std::string& who);

// Its pods are made again.
Result<void> Unsuspend(KubeApi& api, Submissions& submissions, const Submission& submission,
                       const std::stop_token& stop);

// How many pods run at once; while the job has not grown to its width yet (parallelism 1), when it has.
Result<void> Scale(KubeApi& api, Submissions& submissions, const Submission& submission, int pods,
                   const std::stop_token& stop);

// A job that the admin service gave to this cluster becomes one that was submitted, so that it can be
// cancelled as others are. Nothing where its Job is not there.
Result<void> Adopt(KubeApi& api, Submissions& submissions, const std::string& cluster,
                   const std::string& job_id, const std::stop_token& stop);

// Of a Job's specification, what is given.
struct JobPatch {
  std::optional<bool> suspend{};
  std::optional<int> parallelism{};
};
// Of the Job of that uid: kConflict where its name is another's by now.
Result<void> PatchJob(KubeApi& api, const std::string& name, const std::string& uid,
                      const JobPatch& patch, const std::stop_token& stop);

// The Job of the submission: kConflict where that is gone.
Result<SeenJob> JobOfSubmission(KubeApi& api, const Submission& submission,
                                const std::stop_token& stop);

}  // namespace reprocess
