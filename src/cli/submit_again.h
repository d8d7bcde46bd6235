// Lets a job on Kubernetes go on, or gives a stored plan to it as a submission of before was given.
#pragma once

#include "cli/command.h"
#include "cli/program.h"
#include "store/submissions.h"

namespace reprocess {

// `before`: whose namespace and pods' settings they are; its job is the one that goes on.
// kConflict: this is another cluster.
Result<void> SubmitAgain(const Submission& before, const Given& given, const Program& program);

}  // namespace reprocess
