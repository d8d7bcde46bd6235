// What is passed through to a job's objects, as a values file says it: YAML, or the JSON that a
// submission keeps, which reads the same.
//
//   keys       image, parallelism, serviceAccount, priorityClassName, nodeSelector, tolerations,
//              imagePullSecrets, labels, annotations, env, resources, volumes, volumeMounts, queue
//              (Kueue's), existingSecret (instead of one that we make). As Kubernetes has them where
//              they are more than a text
//   errors     kInvalid: one message for all that is wrong, a line each with its number. What lies
//              deeper the API server checks
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace reprocess {

struct Values {
  std::string image{}, service_account{}, priority_class{}, queue{}, existing_secret{};
  int parallelism = 0;  // pods at once; 0: not said
  // JSON, as a pod's specification has them; empty: not said.
  std::string node_selector{}, tolerations{}, image_pull_secrets{}, labels{}, annotations{}, env{},
      resources{}, volumes{}, volume_mounts{};
};

Result<Values> ReadValues(std::string_view text, std::string_view where);

// One line, only what is said.
std::string ValuesJson(const Values& values);

}  // namespace reprocess
