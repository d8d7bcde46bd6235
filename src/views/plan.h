// A job that is planned, as a document. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/plan_job.h"
#include "views/next_step.h"

namespace reprocess {

std::string PlannedJson(const PlannedJob& job, const std::vector<NextStep>& next);

// Of a plan that sends what its topic lacked alone: how many lines those are, of how many; else empty.
std::string MissingSentence(std::string_view plan_config);

// What it sums to; parts of one file are one.
struct PlanSums {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  NameTimes times;
};
PlanSums SumsOf(const PlannedJob& job);

}  // namespace reprocess
