// Which cluster and namespace a command is about, as kubectl would find them; and who asks.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/options.h"
#include "kube/access.h"

namespace reprocess {

namespace option {

inline constexpr Option kNamespace{kCluster, "--namespace", "NAME",
                                   "of Kubernetes (default: the context's)"},
    kContext{kCluster, "--context", "NAME", "of the kubeconfig (default: its current one)"};

}  // namespace option

// --context and --namespace, else KUBERNETES_CONTEXT and KUBERNETES_NAMESPACE, else what kubectl
// would take.
Result<ClusterAccess> ClusterOf(const Given& given, const Environment& environment);

// Who does it, for the books.
std::string UserOf(const Environment& environment);

}  // namespace reprocess
