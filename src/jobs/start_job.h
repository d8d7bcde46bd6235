// Starts a job that was planned, once it is certain that this is meant.
//
//   overlap    files that an earlier job has sent into the same topic are sent once more only where
//              `again` says so; those that another job is sending now, never. Of two that are started
//              at once, by whichever process, one is first
//   missing    a job of what its topic lacks (jobs/only_missing.h) starts only where that is still so
//   errors     kReplayed: an earlier job has sent it, and `again` does not say so; kConflict: another
//              job is sending it, the job was begun already; kChanged: plan again; those of the launcher
//   threads    any
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "jobs/launcher.h"
#include "model/settings.h"
#include "worker/run_shard.h"

namespace reprocess {

// Begins a job whose plan is stored, unless another one sends files of it into the same topic, or is
// about to. Whichever process begins one, it is begun alone: `begin` makes the job's row say so.
Result<void> BeginAlone(const std::string& job_id, const Destination& destination,
                        const World& world, Queries& queries, const std::stop_token& stop,
                        const std::function<Result<void>()>& begin);

// A job that this launcher has started already is started again, which changes nothing. `kafka`: where
// the job's own configuration names no brokers.
Result<void> StartJob(const StartRequest& request, const Settings& settings,
                      const KafkaSettings& kafka, Launcher& launcher, const World& world,
                      const std::stop_token& stop);

}  // namespace reprocess
