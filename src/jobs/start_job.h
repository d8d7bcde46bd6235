// Starts a job that was planned, once it is certain that this is meant.
//
//   overlap    files that an earlier job has sent into the same topic are sent once more only where
//              `again` says so; those that another job is sending now, never. Of two that are started
//              at once, by whichever process, one is first
//   errors     kConflict: so; the job was begun already; those of the launcher
//   threads    any
#pragma once

#include <stop_token>

#include "base/result.h"
#include "jobs/launcher.h"
#include "model/settings.h"
#include "worker/run_shard.h"

namespace reprocess {

// A job that this launcher has started already is started again, which changes nothing.
Result<void> StartJob(const StartRequest& request, const Settings& settings, Launcher& launcher,
                      const World& world, const std::stop_token& stop);

}  // namespace reprocess
