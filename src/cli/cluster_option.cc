#include "cli/cluster_option.h"

#include <mutex>
#include <random>

#include "cli/values.h"

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

Result<ClusterAccess> ClusterOf(const Given& given, const Environment& environment) {
  TRY(ClusterAccess access,
      FindCluster(Overlay(environment, {{"KUBERNETES_CONTEXT", given.Text(option::kContext)}})));
  const std::string& name_space = given.Text(option::kNamespace);
  if (!name_space.empty()) access.name_space = name_space;
  return access;
}

std::unique_ptr<KubeApi> ConnectTo(ClusterAccess access, Milliseconds deadline) {
  return std::make_unique<KubeApi>(std::move(access), KubeWorld{SystemClock(), Jitter()}, deadline);
}

}  // namespace reprocess
