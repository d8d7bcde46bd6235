// A worker's run as a use case: the pod's whole life, and each of `reprocess run`'s shards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/worker_config.h"
#include "model/checkpoint.h"
#include "model/job_config.h"
#include "model/job_print.h"
#include "model/outcome.h"
#include "model/stores.h"
#include "model/stream_map.h"
#include "replay/replay.h"
#include "storage/make_storage.h"
#include "store/database.h"

namespace reprocess {

class ShardMetrics;

struct ShardRun {
  Destination destination;
  KafkaSettings kafka;  // how it is reached, where it is Kafka
  Settings settings;
  JobConfig job;
  Assignment assignment;
  JobPrint print;  // of the whole job
  // Called once, when the worker's row exists to hold its error: the repository, borrowed until
  // RunShard returns, or nullptr when there is none.
  std::function<Result<const StreamMap*>()> streams = [] { return nullptr; };
  ProgressObserver* display = nullptr;  // told besides the database, when given; borrowed
  ShardMetrics* metrics = nullptr;      // so too
};

struct ShardReport {
  Outcome outcome = Outcome::kFailed;
  Checkpoint checkpoint;  // the last committed one: counters, files
  std::string message;    // why it ended so, for a person; empty when completed
};

// Ends the process as kill -9 does, but with exit code 1, and says why: for what can be neither
// waited for nor abandoned.
using EndAtOnce = std::function<void(const std::string& why)>;

// What a run works with; borrowed until it has ended.
struct World {
  Database& database;
  StorageMaker make_storage;
  Clock& clock;
  EndAtOnce end_at_once = {};  // wanted where shards are sent to Kafka
};

// Claims, replays, writes the final rows into `store`. Never throws; logs what matters.
ShardReport RunShard(ShardRun run, std::unique_ptr<WorkerStore> store, const World& world,
                     std::stop_token stop);

// The worker's main: environment (and the names of all that is set in it) and mounted files →
// RunShard. Failed files are no failure unless the environment asks for it.
Outcome RunWorker(const Environment& environment, const std::vector<std::string>& variables,
                  Clock& clock, const EndAtOnce& end_at_once, const std::stop_token& stop);

}  // namespace reprocess
