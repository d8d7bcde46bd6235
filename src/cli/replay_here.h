// Replays a job in this process, with a display of how far it is and a report at its end.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/exit_code.h"
#include "cli/next_steps.h"
#include "cli/program.h"
#include "jobs/run_here.h"

namespace reprocess {

struct RunCommand {
  RunRequest request;
  std::string database_url;
  LogLevel log_level = LogLevel::kError;  // LOG_LEVEL when set; display and report tell the rest
  LogFormat log_format = LogFormat::kText;
  bool log_asked = false;  // LOG_LEVEL is set, or LOG_FORMAT=json
  std::vector<std::string> warnings;
  JobOptions options;                    // that later commands about the job need
  std::array<std::string, 4> waits_for;  // by Step
};

// `sure`: the plan is not shown and asked about before it is stored.
Result<ExitCode> ReplayHere(RunCommand command, bool json, bool sure, const Program& program);

}  // namespace reprocess
