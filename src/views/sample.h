// What a plan's lines are likely to be, as a document. Pure.
#pragma once

#include <string>

#include "plan/sample.h"

namespace reprocess {

std::string SampleJson(const PlanSample& sample);

}  // namespace reprocess
