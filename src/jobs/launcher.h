// Where jobs run that are started for somebody who does not wait for them: as processes of this machine
// (jobs/launch_here.h), or on Kubernetes (jobs/launch_kubernetes.h). The API knows jobs by this alone.
//
//   rows       what is asked for is in the database before it is anywhere else: a launcher that is
//              started again finds its jobs, and carries out what it did not
//   repeated   each call may be made again, also after one that was cut off anywhere
//   end        a launcher that ends leaves its jobs running
//   errors     kNotFound: no such job; kConflict: how the job stands, or where it is, forbids it;
//              kInvalid: it cannot run there; kWait: the database or the cluster is away
//   threads    any
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/job_logs.h"
#include "cluster/release.h"
#include "jobs/plan_job.h"
#include "store/cluster_store.h"

namespace reprocess {

struct StartRequest {
  PlannedJob job;
  std::string who, reason;
  int parallelism = 0;  // how many workers run at once; 0: as the launcher would
  bool again = false;   // send once more what an earlier job has sent
};

// What Kubernetes says of a job's Job.
struct PodCounts {
  int active = 0, succeeded = 0, failed = 0;
  std::optional<int> ready;
  std::string start_time, completion_time;  // RFC 3339, or empty
};

class Launcher {
 public:
  virtual ~Launcher() = default;

  virtual std::string_view name() const = 0;          // "here", "kubernetes"
  virtual const std::string& name_space() const = 0;  // of Kubernetes; else empty
  virtual Result<void> Reachable(const std::stop_token& stop) = 0;
  // Of a plan that does not say: on this machine its cores; 0: one a file, at most kMostShards.
  virtual int workers_by_default() const = 0;

  // Whether it would be taken, before it is started: what there is to think about.
  virtual Result<std::vector<std::string>> Check(const PlannedJob& job,
                                                 const std::stop_token& stop) = 0;
  // A planned job. What earlier jobs have sent of it is not asked: jobs/start_job.h does.
  virtual Result<void> Start(const StartRequest& request, const std::stop_token& stop) = 0;
  // Its workers end and give their room to others.
  virtual Result<void> Suspend(const std::string& job_id, const std::string& who,
                               const std::stop_token& stop) = 0;
  // Ends a pause; and where its workers have ended with work left, they are started again.
  virtual Result<void> Resume(const std::string& job_id, const std::string& who,
                              const std::string& reason, const std::stop_token& stop) = 0;
  // How many of its workers run at once.
  virtual Result<void> Scale(const std::string& job_id, int pods, const std::stop_token& stop) = 0;
  // A worker starts again whose node is lost (cluster/release.h).
  virtual Result<ReleasedPod> Release(const std::string& job_id, int worker,
                                      const std::stop_token& stop) = 0;
  // For good. Its workers are still ending when this returns.
  virtual Result<void> Cancel(const std::string& job_id, const std::stop_token& stop) = 0;

  // What its workers wrote: true where nothing of it is missing. kNotFound: nothing is known of it.
  // `follow`: until the job has ended, or `stop`.
  virtual Result<bool> ReadLogs(const LogsRequest& request, LogsListener& listener, bool follow,
                                const std::stop_token& stop) = 0;
  // Those that have ended and those that are there, oldest first; without their logs.
  virtual Result<std::vector<PodRow>> Pods(const std::string& job_id,
                                           const std::stop_token& stop) = 0;
  // nullopt: Kubernetes has no Job of it.
  virtual Result<std::optional<PodCounts>> CountsOf(const std::string& job_id,
                                                    const std::stop_token& stop) = 0;
  // What could not be done for jobs since it was asked last, in words, each once.
  virtual std::vector<std::string> Troubles() = 0;
};

}  // namespace reprocess
