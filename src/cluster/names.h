// What a job's objects are called, and how they are found. Tools look for these names.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/access.h"
#include "kube/objects.h"

namespace reprocess {

inline constexpr std::string_view kAppLabel = "bulker-reprocessing";
inline constexpr std::string_view kWorkerContainer = "worker";
inline constexpr std::string_view kQueueLabel = "kueue.x-k8s.io/queue-name";

std::string JobNameOf(const std::string& job_id);          // "reprocess-<id>"
std::string FilesNameOf(const std::string& job_id);        // … "-files", a ConfigMap
std::string ConfigNameOf(const std::string& job_id);       // … "-config", another
std::string CredentialsNameOf(const std::string& job_id);  // … "-credentials", a Secret

// The phase of a submission whose objects were printed: its Job counts once somebody has made it.
inline constexpr std::string_view kSubmittedOutside = "submitted outside: waits for its Job";

// Of a job's pods, and of the Job itself.
KubeSelection ObjectsOfJob(const std::string& job_id);

// A pod's host name is the Job's name and its index: kInvalid where that would be none.
Result<void> CheckJobName(const std::string& job_id, int shards);

// Which cluster a submission is in: a hash of its authority and its address.
Result<std::string> ClusterIdOf(const ClusterAccess& access);

}  // namespace reprocess
