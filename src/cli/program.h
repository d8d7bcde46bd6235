// The operator's program: arguments in, a use case of jobs/ run, its result printed, an exit code
// out.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/console.h"
#include "config/worker_config.h"

namespace reprocess {

struct Program {
  std::string version;
  Environment environment;
  std::vector<std::string> variables;  // the names of all that are set
  Console console;
  // From here on signals ask to stop instead of ending the process: called by the commands that
  // have something to drain, before they start threads.
  std::function<std::stop_token()> stop_on_signals;
  // Says why, and ends the process as kill -9 does, with exit code 1.
  std::function<void(const std::string& why)> end_at_once;
  // From here on memory that was freed is kept for a second: called by what answers again and again.
  std::function<void()> keep_freed_memory;

  Screen Out() const { return ScreenOf(console.out, environment); }
};

// `words`: the arguments without the program's name.
int RunProgram(const Program& program, const std::vector<std::string>& words);

}  // namespace reprocess
