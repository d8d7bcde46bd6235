// A program that goes on when we end: of a session of its own, with the environment and descriptors
// that it is given and none of ours.
//
//   errors     kStop: it cannot be started
//   threads    any
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace reprocess {

struct BackgroundCommand {
  std::string program;                   // a path
  std::vector<std::string> arguments;    // the first is what it is called
  std::vector<std::string> environment;  // all of it: NAME=value
  int output = -1;                       // its standard output and error
  int kept = -1;                         // stays open in it, as descriptor 3
};

Result<pid_t> StartInBackground(BackgroundCommand command);

// Of a child of ours: its exit code, or 128 and the signal, told once; nullopt: it runs, or is none.
std::optional<int> ExitOfChild(pid_t pid);

}  // namespace reprocess
