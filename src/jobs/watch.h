// Whether a job that is watched has come to its end.
#pragma once

#include <optional>

#include "jobs/ask.h"
#include "model/outcome.h"

namespace reprocess {

// How it ended, where nothing more will happen by itself: on Kubernetes when whoever keeps it there
// has said the last word; here when its shards have ended or were given back. One that is lost may
// be gone on with.
std::optional<Outcome> EndOf(const JobOverview& job);

}  // namespace reprocess
