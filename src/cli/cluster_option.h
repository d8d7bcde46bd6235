// Which cluster and namespace a command is about, as kubectl would find them.
#pragma once

#include <memory>

#include "cli/command.h"
#include "cli/options.h"
#include "kube/api.h"

namespace reprocess {

namespace option {

inline constexpr Option kNamespace{kCluster, "--namespace", "NAME",
                                   "of Kubernetes (default: the context's)"},
    kContext{kCluster, "--context", "NAME", "of the kubeconfig (default: its current one)"};

}  // namespace option

// The admin service's names stand for ours: ADMIN_X is X, and wins.
Environment WithAdminsNames(Environment environment);

// --context and --namespace, else KUBERNETES_CONTEXT and KUBERNETES_NAMESPACE, else what kubectl
// would take.
Result<ClusterAccess> ClusterOf(const Given& given, const Environment& environment);

// On the machine's clock, with jitter.
std::unique_ptr<KubeApi> ConnectTo(ClusterAccess access,
                                   Milliseconds deadline = Milliseconds(30'000));

}  // namespace reprocess
