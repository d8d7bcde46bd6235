// The document of a reset that was done. Pure.
#pragma once

#include <string>

#include "jobs/reset.h"

namespace reprocess {

std::string ResetJson(const ResetPlan& plan);

}  // namespace reprocess
