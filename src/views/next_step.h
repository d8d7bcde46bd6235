// What is left to do with a job: a command that works as it is pasted, and what it does.
#pragma once

#include <string>

namespace reprocess {

struct NextStep {
  std::string command, why;
  bool goes_on = false;  // with the job itself, not with a new one or its books
};

}  // namespace reprocess
