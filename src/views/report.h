// A job's completion report as a document, and as a page of its own. Pure.
#pragma once

#include <string>
#include <vector>

#include "jobs/report.h"
#include "views/next_step.h"

namespace reprocess {

std::string CompletionJson(const CompletionReport& report, const std::vector<NextStep>& next);

// The job's last verdict in a sentence, or what would give one.
std::string VerdictSentence(const CompletionReport& report);

// HTML that needs nothing else, can be saved and printed, and names `sha256`: that of the document,
// in hexadecimal.
std::string CompletionPage(const CompletionReport& report, const std::string& sha256);

}  // namespace reprocess
