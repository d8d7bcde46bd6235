// What `reprocess run` says before it starts and when it has ended. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "jobs/run_here.h"
#include "views/next_step.h"

namespace reprocess {

// The plan in a few lines: job, files, shards, destination, and what is left out.
std::string PlanText(const PreparedRun& run, const Screen& screen);

std::string ReportText(const RunReport& report, const std::vector<NextStep>& next,
                       const Screen& screen);

}  // namespace reprocess
