// Gives a stored plan to Kubernetes as a submission of before was given.
#pragma once

#include "cli/command.h"
#include "cli/program.h"
#include "store/submissions.h"

namespace reprocess {

// `before`: whose namespace and pods' settings they are; its job is the one that is submitted.
// kConflict: this is another cluster.
Result<Submission> GiveToKubernetes(const Submission& before, const Given& given,
                                    const Program& program);

// Who does it, for the books.
std::string UserOf(const Environment& environment);

}  // namespace reprocess
