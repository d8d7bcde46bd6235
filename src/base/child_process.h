// A program of somebody else's, run to its end for what it prints.
//
//   child      a process group of its own, which is killed as a whole when the call gives up. Standard
//              input is empty, standard error ours
//   errors     kStop: it cannot be started, ended badly, ran past `timeout` (kTimedOut) or printed
//              more than 1 MiB; kStopped. Never what it printed
//   threads    any
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

struct ChildCommand {
  std::vector<std::string> arguments;  // the program first: a path, or a name looked for in PATH
  std::vector<std::string> environment{};  // NAME=value, over our own
  Milliseconds timeout{60'000};
};

Result<std::string> OutputOf(const ChildCommand& command, Clock& clock,
                             const std::stop_token& stop);

}  // namespace reprocess
