// Jobs and their shards as tables. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/next_steps.h"
#include "jobs/ask.h"
#include "jobs/reset.h"

namespace reprocess {

std::string JobsText(const std::vector<JobOverview>& jobs, const Screen& screen);

// `paths`: of the files where its shards are (jobs/ask.h).
std::string JobText(const JobView& view, const std::map<int, std::string>& paths,
                    const std::vector<NextStep>& next, const Screen& screen);

// Its first part: titles as wide as kJobTitle, and what they name.
std::string AboutJob(const JobView& view, const Screen& screen);
inline constexpr std::size_t kJobTitle = 11;  // "completed" and two spaces

// Where reading them stopped, and why; empty where there are none.
std::string FailedFilesText(const JobView& view, const Screen& screen);

// What a run that has ended so would say; nothing while somebody works on it.
std::vector<NextStep> NextSteps(const JobView& view, JobOptions options);

// After set, pause or resume.
std::string ThrottleText(const std::string& job_id, const JobThrottle& throttle);

// What a reset would do.
std::string ResetText(const ResetPlan& plan, const Screen& screen);

}  // namespace reprocess
