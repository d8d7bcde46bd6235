// Replays one shard: claims it, reads, judges, delivers and commits until all of its files are
// done, whatever dies on the way (docs/exactly-once.md).
//
//   threads    ReplayShard runs on the caller's thread, which becomes the delivering stage, and
//              starts one for reading and inflating and one for judging; Ports::threads = false
//              runs every stage on the caller's thread, one step at a time (tests)
//   ownership  borrows everything in Ports until it returns
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "model/destination.h"
#include "model/job_config.h"
#include "model/job_print.h"
#include "model/outcome.h"
#include "model/queue_bytes.h"
#include "model/settings.h"
#include "model/sink.h"
#include "model/storage.h"
#include "model/stores.h"
#include "model/stream_map.h"
#include "model/throttle.h"
#include "replay/progress.h"

namespace reprocess {

// Makes the sink of a mode: kExactlyOnce, kAtLeastOnce, kFiles or kDryRun.
using SinkMaker = std::function<Result<std::unique_ptr<Sink>>(Mode mode)>;

struct Ports {
  Storage& storage;
  SinkMaker make_sink;
  ShardStore& shards;
  Ledger& ledger;
  Clock& clock;
  ProgressObserver& observer;
  const StreamMap* streams = nullptr;  // nullptr: no repository configured
  bool threads = true;
  ThrottleSource* throttle = nullptr;  // nullptr: no limits
  QueueBytes* queues = nullptr;        // kept up to date, when given
  // What another shard of the job has committed in Kafka, for where there are no tables to ask.
  std::function<Result<std::optional<std::string>>(int shard)> read_shard{};
};

struct ShardTask {
  Assignment assignment;
  JobConfig config;
  Settings settings;
  Destination destination;
  Owner owner;     // generation 0
  JobPrint print;  // of the whole job
};

struct ReplayOutcome {
  Outcome end = Outcome::kComplete;  // not kUnsentLines, which is a job's; nor kFailed
  Mode mode = Mode::kExactlyOnce;
  Checkpoint checkpoint;  // the last committed one
  Owner owner;            // with the generation of the claim
  std::string message;    // for a person: which files failed, who fenced us; or empty
};

// An error is fatal (exit 1): the checkpoint is intact, a restart goes on from it.
Result<ReplayOutcome> ReplayShard(const ShardTask& task, const Ports& ports, std::stop_token stop);

}  // namespace reprocess
