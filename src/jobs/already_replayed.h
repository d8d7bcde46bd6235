// Whether files have been sent before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "status/queries.h"

namespace reprocess {

// Of the files at `paths`: "2 of 5 files were already replayed into Kafka by job x (the first is
// …)"; empty where no job but `job_id` has sent any of them.
Result<std::string> AlreadyReplayed(Queries& queries, std::vector<std::string_view> paths,
                                    const std::string& job_id);

}  // namespace reprocess
