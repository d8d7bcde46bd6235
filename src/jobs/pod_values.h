// What pods are made of where nobody says it by options: one values file and the environment.
#pragma once

#include <string>

#include "base/environment.h"
#include "cluster/values.h"

namespace reprocess {

// Empty values of an empty path.
Result<Values> ReadValuesFile(const std::string& path);

// What `values` do not say, of REPROCESSING_WORKER_IMAGE (else ours of this version),
// K8S_MAX_PARALLEL_WORKERS and KUBERNETES_NODE_SELECTOR (a JSON object).
Result<Values> WithEnvironmentsValues(Values values, const Environment& environment,
                                      const std::string& version);

}  // namespace reprocess
