// Keeps the jobs of a cluster's namespace true while a command lasts, where nobody else does.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "cli/command.h"
#include "cli/program.h"
#include "cluster/keeper.h"

namespace reprocess {

class JobKeeping {
 public:
  // For the submission's cluster and namespace; an error where that cannot be reached from here.
  // What goes wrong later is told on the console, each thing once.
  static Result<std::unique_ptr<JobKeeping>> Begin(const Submission& submission, const Given& given,
                                                   const Program& program);
  ~JobKeeping();
  JobKeeping(const JobKeeping&) = delete;

  KubeApi& api() { return *api_; }
  Submissions& submissions() { return *submissions_; }

 private:
  JobKeeping(Database& database, ClusterAccess access, const std::string& cluster,
             EnvironmentConfig config, const Console& console);
  void Tell(const Error& error);

  const Console& console_;
  const std::unique_ptr<KubeApi> api_, logs_;
  const std::unique_ptr<Queries> queries_;
  const std::unique_ptr<Submissions> submissions_;
  const std::unique_ptr<ClusterStore> store_;
  const std::unique_ptr<WorkerStore> workers_;
  const std::unique_ptr<ShardSettler> settler_;
  const KeeperWorld world_;
  std::mutex mutex_;
  std::set<std::string> told_;
  std::jthread thread_;  // last: it uses all of the above
};

// The submission of a job, where it has one.
Result<std::optional<Submission>> SubmissionOf(const std::string& job_id, const Given& given,
                                               const Environment& environment);

}  // namespace reprocess
