// What `reprocess` ends with (contract section 6).
#pragma once

#include "model/outcome.h"

namespace reprocess {

enum class ExitCode : int {
  kCompleted = 0,
  kFatal = 1,
  kFailedFiles = 2,  // of run and inspect also: lines were not, would not be sent; of verify: lines
                     // are missing, doubled or altered
  kFenced = 3,
  kStopped = 4,
  kUnverified = 5
};

inline ExitCode ExitOf(Outcome outcome) {
  return static_cast<ExitCode>(ExitCodeOf(outcome));
}

}  // namespace reprocess
