// What is decided about a job before it is given to Kubernetes, and how one goes on there: the same
// for whoever asks. The steps are cluster/submit.h's.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/environment.h"
#include "cluster/resume.h"
#include "cluster/submit.h"
#include "jobs/plan_job.h"
#include "kube/access.h"
#include "store/database.h"

namespace reprocess {

// kInvalid: pods cannot share this database.
Result<void> CheckPodsCanShare(const std::string& database_url);

// Asks the server whether it would take the job, and sets under which rules; what it, the environment
// and the plan give to think about.
Result<std::vector<std::string>> AskWhetherTaken(JobMaterial& material, const Plan& plan,
                                                 KubeApi& api, const std::stop_token& stop);

// Whether one pod at first shows that it works; all start at once where nothing could be shown, or a
// queue decides.
bool GrowsLater(const Values& values, const PlannedJob& job);

// Resume (cluster/resume.h); where the job's objects are made again, kConflict where another job sends
// files of it by now.
Result<void> ResumeAlone(AgainRequest request, const Environment& environment, Database& database,
                         const SubmitWorld& world, const std::stop_token& stop);

// Lets a job go on, or gives a stored plan to Kubernetes as a submission of before was given.
// `environment`: with the DATABASE_URL of `database`. kConflict: `access` is another cluster.
Result<void> GiveToKubernetes(const AgainRequest& request, ClusterAccess access,
                              const Environment& environment, Database& database,
                              const std::stop_token& stop);

// Whether the admin service gave the job to Kubernetes, and nobody has adopted it.
Result<bool> IsTheAdmins(const JobSummary& job, Submissions& submissions);

}  // namespace reprocess
