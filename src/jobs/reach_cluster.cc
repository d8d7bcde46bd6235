#include "jobs/reach_cluster.h"

#include <mutex>
#include <random>
#include <utility>

#include "cluster/names.h"

namespace reprocess {
namespace {

std::function<double()> Jitter() {
  struct Source {
    std::mutex mutex{};
    std::mt19937 random{std::random_device{}()};
  };
  return [source = std::make_shared<Source>()] {
    const std::scoped_lock lock(source->mutex);
    return std::uniform_real_distribution<>(0, 1)(source->random);
  };
}

}  // namespace

Result<ClusterAccess> ClusterIn(const Environment& environment) {
  TRY(ClusterAccess access, FindCluster(environment));
  if (auto name_space = environment("KUBERNETES_NAMESPACE")) access.name_space = *name_space;
  return access;
}

Result<ClusterAccess> AccessToJob(ClusterAccess access, const Submission& submission) {
  TRY(const std::string cluster, ClusterIdOf(access));
  if (cluster != submission.cluster) {
    return Fatal("reach the job's cluster: it runs in another one than this", access.server,
                 "choose that one with --context", Code::kConflict);
  }
  access.name_space = submission.name_space;
  return access;
}

std::unique_ptr<KubeApi> ConnectTo(ClusterAccess access, Milliseconds deadline) {
  return std::make_unique<KubeApi>(std::move(access), KubeWorld{SystemClock(), Jitter()}, deadline);
}

}  // namespace reprocess
