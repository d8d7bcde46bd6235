// The events of a run that is planned, and of one that has ended, a line each; and what their text
// says too. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "jobs/run_here.h"
#include "views/next_step.h"

namespace reprocess {

std::string PlanJson(const PreparedRun& run);
std::string ReportJson(const RunReport& report, const std::vector<NextStep>& next);

// Parts of one file are one.
std::size_t CountFiles(const PreparedRun& run);

// A second, of what this run has done.
struct Rates {
  double lines, bytes;
};
Rates RatesOf(const RunReport& report);

}  // namespace reprocess
