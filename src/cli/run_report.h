// What `reprocess run` says before it starts and when it has ended, as text and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/next_steps.h"
#include "jobs/run_here.h"

namespace reprocess {

// The plan in a few lines: job, files, shards, destination, and what is left out.
std::string PlanText(const PreparedRun& run);
std::string PlanJson(const PreparedRun& run);

std::string ReportText(const RunReport& report, const std::vector<NextStep>& next,
                       const Screen& screen);
std::string ReportJson(const RunReport& report, const std::vector<NextStep>& next);

// "completed", "failed", "failed_files", "fenced" or "stopped".
std::string_view NameOf(ExitCode exit);

}  // namespace reprocess
