// What pods are made of, as options, one values file and the environment say it.
#pragma once

#include <string>

#include "base/environment.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cluster/values.h"

namespace reprocess {
namespace option {

inline constexpr std::string_view kPods = "Its pods";

inline constexpr Option kImage{kPods, "--image", "NAME",
                               "of the worker (default: ours of this version)"},
    kParallelism{kPods, "--parallelism", "N", "run at most N pods at once (default: all)"},
    kServiceAccount{kPods, "--service-account", "NAME",
                    "of the pods; S3 is read as it, and no AWS keys are handed on"},
    kNodeSelector{kPods, "--node-selector", "KEY=VALUE", "only such nodes; may be repeated", true},
    kValues{kPods, "--values", "FILE", "YAML with these and more (docs/kubernetes.md)"};

}  // namespace option

// Options win over the file, and that over the environment: REPROCESSING_WORKER_IMAGE,
// K8S_MAX_PARALLEL_WORKERS, KUBERNETES_NODE_SELECTOR (a JSON object). `version`: of the default
// image.
Result<Values> ValuesOf(const Given& given, const Environment& environment,
                        const std::string& version);

}  // namespace reprocess
