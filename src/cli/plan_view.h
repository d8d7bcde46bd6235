// A plan as people read it: that of a job, and what a run shows of its own too.
#pragma once

#include <string>
#include <vector>

#include "cli/console.h"
#include "jobs/plan_job.h"
#include "views/next_step.h"

namespace reprocess {

std::string PlannedText(const PlannedJob& job, const std::vector<NextStep>& next,
                        const Screen& screen);

// A title and the first paths of a list; empty for none.
std::string PathList(const std::string& title, const std::vector<std::string>& lines);
std::string IgnoredText(const std::vector<IgnoredFile>& ignored);

// "2026-05-01 06:00 to 2026-05-02 06:00 UTC, by their names"; empty for none.
std::string TimesText(const NameTimes& times);

}  // namespace reprocess
