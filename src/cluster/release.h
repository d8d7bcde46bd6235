// Says of a worker's pod whose node is lost that it has failed, so that Kubernetes starts a successor:
// of a node that does not answer it waits until somebody does.
//
//   safe       the successor claims the shard, and so fences whoever may still run on that node
//   errors     kConflict: the worker has no such pod: it has ended, or its node answers as far as
//              Kubernetes knows; kNotAuthorized: the right that is optional, to patch pods/status;
//              those of kube/api.h
//   threads    one at a time
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cluster/seen.h"
#include "kube/api.h"

namespace reprocess {

// Whether its node does not answer: it should have been gone for a minute.
bool IsOnLostNode(const SeenPod& pod, WallTime now);

struct ReleasedPod {
  std::string pod, node;
};
Result<ReleasedPod> ReleaseWorker(KubeApi& api, const std::string& job_id, int worker, WallTime now,
                                  const std::stop_token& stop);

}  // namespace reprocess
