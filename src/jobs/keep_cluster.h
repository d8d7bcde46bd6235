// Keeps the jobs of a cluster's namespace true for as long as it lives, where nobody else does.
//
//   lifetime   the database may end before it
//   threads    one that keeps, and those of cluster/cluster_watch.h
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "cluster/keeper.h"
#include "kube/access.h"
#include "model/settings.h"

namespace reprocess {

class ClusterKeeping {
 public:
  // `kafka`: where checkpoints are, of jobs whose configuration does not say. `tell` is told what goes
  // wrong, each thing once, from another thread.
  ClusterKeeping(Database& database, ClusterAccess access, std::string cluster, KafkaSettings kafka,
                 const Settings& settings, std::function<void(const std::string&)> tell);
  ~ClusterKeeping();
  ClusterKeeping(const ClusterKeeping&) = delete;

  KubeApi& api() { return *api_; }
  Submissions& submissions() { return *submissions_; }

 private:
  void Tell(const Error& error);

  const std::function<void(const std::string&)> tell_;
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

}  // namespace reprocess
