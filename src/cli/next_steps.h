// The block "Next" at the end of a report: commands that work as they are pasted, the most useful
// first. What would send a line twice is none of them.
#pragma once

#include <string>
#include <vector>

#include "jobs/run_here.h"
#include "views/next_step.h"

namespace reprocess {

// Options that a later command about the same job needs, each empty or " --name VALUE".
struct JobOptions {
  std::string database{}, repository{}, kafka{};
  bool kubernetes = false;  // the job was submitted there: pods go on with it
};

// Of a repository that this command was not given.
inline constexpr char kRepositoryByName[] = " --repository-url \"$REPOSITORY_URL\"";

// " --name VALUE" for a shell; empty for no value. A value that has a password is named by
// `variable`, "$DATABASE_URL", where the reader has to put it.
std::string OptionText(std::string_view name, const std::string& value, std::string_view variable);

// What is left to do after a run of a job to `run`'s destination.
std::vector<NextStep> NextSteps(const RunReport& report, const PreparedRun& run,
                                JobOptions options);

// Empty for no steps.
std::string NextText(const std::vector<NextStep>& steps);

}  // namespace reprocess
