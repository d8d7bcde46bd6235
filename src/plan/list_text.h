// files.json of a plan, as workers read it (config/file_list.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/queries.h"

namespace reprocess {

// One item. An error for a path that is no UTF-8, which JSON cannot hold.
Result<std::string> ListItemOf(const PlannedFile& file);

// What a worker has to know of the plan (config/requirements.h).
std::vector<std::string_view> RequirementsOf(const JobConfig& config, const PlannedFiles& files);

// The whole list, an item a line.
Result<std::string> ListTextOf(const Plan& plan);

}  // namespace reprocess
