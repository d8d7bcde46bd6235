// What a cluster's refusal means.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/api.h"

namespace reprocess {

// "kubernetes get jobs/r-1", for messages.
std::string NameOf(const KubeCall& call);

// The error of kube/api.h. `body`: a Status object's JSON, or anything.
Error RefusalOf(const KubeCall& call, std::string_view name_space, int status,
                std::string_view body);

}  // namespace reprocess
