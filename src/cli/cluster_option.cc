#include "cli/cluster_option.h"

#include "config/surroundings.h"
#include "jobs/reach_cluster.h"

namespace reprocess {

Result<ClusterAccess> ClusterOf(const Given& given, const Environment& environment) {
  return ClusterIn(Overlay(WithAdminsNames(environment),
                           {{"KUBERNETES_CONTEXT", given.Text(option::kContext)},
                            {"KUBERNETES_NAMESPACE", given.Text(option::kNamespace)}}));
}

std::string UserOf(const Environment& environment) {
  return environment("USER").value_or("an operator");
}

}  // namespace reprocess
