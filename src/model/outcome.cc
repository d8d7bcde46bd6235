#include "model/outcome.h"

#include <algorithm>

namespace reprocess {

std::string_view NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
    case Outcome::kAlreadyComplete:
      return "completed";
    case Outcome::kUnsentLines:
      return "completed_with_errors";
    case Outcome::kFailedFiles:
      return "failed_files";
    case Outcome::kStopped:
      return "stopped";
    case Outcome::kFenced:
      return "fenced";
    case Outcome::kTooManyErrors:
    case Outcome::kFailed:
      break;
  }
  return "failed";
}

int ExitCodeOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
    case Outcome::kAlreadyComplete:
      return 0;
    case Outcome::kUnsentLines:
    case Outcome::kFailedFiles:
      return 2;
    case Outcome::kStopped:
      return 4;
    case Outcome::kFenced:
      return 3;
    case Outcome::kTooManyErrors:
    case Outcome::kFailed:
      break;
  }
  return 1;
}

Outcome Together(Outcome a, Outcome b) {
  const Outcome worse = std::max(a, b);
  const bool sent = std::min(a, b) == Outcome::kComplete;
  return worse == Outcome::kAlreadyComplete && sent ? Outcome::kComplete : worse;
}

bool Finished(Outcome outcome) {
  return outcome <= Outcome::kFailedFiles;
}

}  // namespace reprocess
