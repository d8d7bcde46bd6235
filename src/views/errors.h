// The document of the lines that a job could not send. Pure.
#pragma once

#include <string>

#include "jobs/ask.h"

namespace reprocess {

std::string ErrorsJson(const std::string& job_id, const ErrorsView& view);
// The same, with a page of its rows, and behind which one the next begins; empty: it is the last.
std::string ErrorsPageJson(const std::string& job_id, const ErrorsView& view,
                           const std::string& next);

}  // namespace reprocess
