#include "cluster/control.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cluster/names.h"

namespace reprocess {

Result<SeenJob> JobOfSubmission(KubeApi& api, const Submission& submission,
                                const std::stop_token& stop) {
  const auto object = GetObject(api, kJobs, JobNameOf(submission.job_id), stop);
  const bool gone = !object && object.error().code == Code::kNotFound;
  if (!object && !gone) return std::unexpected(object.error());
  if (!gone && object->uid == submission.job_uid) return JobOf(*object);
  return Fatal("change the job: its Job is not in Kubernetes any more", submission.job_id,
               "`reprocess watch` says how it ended", Code::kConflict);
}

Result<void> PatchJob(KubeApi& api, const std::string& name, const std::string& uid,
                      const JobPatch& patch, const std::stop_token& stop) {
  nlohmann::json spec;
  if (patch.suspend) spec["suspend"] = *patch.suspend;
  if (patch.parallelism) spec["parallelism"] = *patch.parallelism;
  TRY_OK(PatchObject(api, kJobs, name, uid, nlohmann::json{{"spec", std::move(spec)}}.dump(),
                     WriteMode::kWrite, stop));
  return {};
}

Result<void> Adopt(KubeApi& api, Submissions& submissions, const std::string& cluster,
                   const std::string& job_id, const std::stop_token& stop) {
  const auto object = GetObject(api, kJobs, JobNameOf(job_id), stop);
  if (!object && object.error().code == Code::kNotFound) return {};
  if (!object) return std::unexpected(object.error());
  TRY(const Submission adopted, submissions.Begin({.job_id = job_id,
                                                   .cluster = cluster,
                                                   .name_space = api.name_space(),
                                                   .parallelism = JobOf(*object).parallelism,
                                                   .options = "{}",
                                                   .submitted_by = "the admin service"},
                                                  Take::kUnended));
  return submissions.Change(job_id, adopted.generation, {.job_uid = object->uid});
}

Result<void> AskToSuspend(Submissions& submissions, const Submission& submission,
                          const std::string& who) {
  return submissions.Change(
      submission.job_id, submission.generation,
      {.phase = fmt::format("suspended by {}; `reprocess resume` goes on", who),
       .suspended = true});
}

Result<void> Unsuspend(KubeApi& api, Submissions& submissions, const Submission& submission,
                       const std::stop_token& stop) {
  TRY(const SeenJob job, JobOfSubmission(api, submission, stop));
  if (job.complete || job.failed) {
    return Fatal("resume the job: its Job has ended", submission.job_id,
                 "`reprocess watch` finds out how; then it may be resumed", Code::kConflict);
  }
  TRY_OK(submissions.Change(submission.job_id, submission.generation,
                            {.phase = "", .suspended = false}));
  if (!job.suspended || !job.queue.empty()) return {};  // where Kueue decides, it does
  return PatchJob(api, job.name, job.uid, {.suspend = false}, stop);
}

Result<void> Scale(KubeApi& api, Submissions& submissions, const Submission& submission, int pods,
                   const std::stop_token& stop) {
  TRY(const SeenJob job, JobOfSubmission(api, submission, stop));
  TRY_OK(submissions.Change(submission.job_id, submission.generation, {.parallelism = pods}));
  const bool grows = job.parallelism == 1 && submission.parallelism > 1;
  if (grows || job.parallelism == pods) return {};
  return PatchJob(api, job.name, job.uid, {.parallelism = pods}, stop);
}

}  // namespace reprocess
