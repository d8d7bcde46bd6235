// How a shard ended, and the job of which it is one.
#pragma once

#include <cstdint>
#include <string_view>

namespace reprocess {

enum class Outcome : std::uint8_t {
  kComplete,         // every file was read to its end, or the limit reached
  kAlreadyComplete,  // an earlier run had completed it: nothing was sent
  kUnsentLines,      // of a job: every file was read to its end, but lines were not sent
  kFailedFiles,      // all is done but files that cannot be read to their end
  kStopped,          // by request, with work left; what was delivered is committed
  kFenced,           // another owner has it
  kTooManyErrors,    // more than max_errors; what was delivered is committed
  kFailed,           // by an error; the checkpoint is intact, a restart goes on from it
};

// "completed", "completed_with_errors", "failed_files", "stopped", "fenced", "failed".
std::string_view NameOf(Outcome outcome);

// The exit code of a process that ends so (contract section 6): 0, 2, 4, 3 or 1.
int ExitCodeOf(Outcome outcome);

// Several together end as the one that needs attention first: failed, fenced, stopped, failed files,
// unsent lines, complete.
Outcome Together(Outcome a, Outcome b);

// Whether nothing is left to do for it but what may be retried.
bool Finished(Outcome outcome);

}  // namespace reprocess
