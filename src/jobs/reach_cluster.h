// Which cluster jobs on Kubernetes are in, and how it is reached.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/environment.h"
#include "kube/api.h"
#include "store/submissions.h"

namespace reprocess {

// As kubectl would find it, in the context KUBERNETES_CONTEXT; its namespace, or KUBERNETES_NAMESPACE.
Result<ClusterAccess> ClusterIn(const Environment& environment);

// The same cluster, in the namespace of a job that was submitted. kConflict: that is in another one.
Result<ClusterAccess> AccessToJob(ClusterAccess access, const Submission& submission);

// On the machine's clock, with jitter.
std::unique_ptr<KubeApi> ConnectTo(ClusterAccess access,
                                   Milliseconds deadline = Milliseconds(30'000));

}  // namespace reprocess
