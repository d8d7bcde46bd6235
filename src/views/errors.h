// The document of the lines that a job could not send. Pure.
#pragma once

#include <string>

#include "jobs/ask.h"

namespace reprocess {

std::string ErrorsJson(const std::string& job_id, const ErrorsView& view);

}  // namespace reprocess
