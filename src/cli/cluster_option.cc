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

Environment WithAdminsNames(Environment environment) {
  return [environment = std::move(environment)](const std::string& name) {
    auto admins = environment("ADMIN_" + name);
    return admins ? admins : environment(name);
  };
}

Result<ClusterAccess> ClusterOf(const Given& given, const Environment& environment) {
  const Environment admins = WithAdminsNames(environment);
  const Environment overlaid =
      Overlay(admins, {{"KUBERNETES_CONTEXT", given.Text(option::kContext)},
                       {"KUBERNETES_NAMESPACE", given.Text(option::kNamespace)}});
  TRY(ClusterAccess access, FindCluster(overlaid));
  if (auto name_space = overlaid("KUBERNETES_NAMESPACE")) access.name_space = *name_space;
  return access;
}

std::unique_ptr<KubeApi> ConnectTo(ClusterAccess access, Milliseconds deadline) {
  return std::make_unique<KubeApi>(std::move(access), KubeWorld{SystemClock(), Jitter()}, deadline);
}

}  // namespace reprocess
