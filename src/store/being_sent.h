// Which jobs that run, or are being started, send files that a plan has.
//
//   threads    one at a time
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "store/queries.h"
#include "store/session.h"

namespace reprocess {

// By job. The tables are there.
Result<std::vector<PlanOverlap>> SelectBeingSent(Session& session, const std::string& job_id);

}  // namespace reprocess
