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
#include "model/books.h"
#include "model/checkpoint.h"
#include "model/job_config.h"
#include "model/job_print.h"
#include "model/stream_map.h"
#include "replay/replay.h"
#include "storage/make_storage.h"
#include "store/database.h"

namespace reprocess {

class ShardMetrics;
enum class ShardPhase : std::uint8_t;

// The process's exit codes (contract section 6).
enum class ExitCode : int {
  kCompleted = 0,
  kFatal = 1,
  kFailedFiles = 2,  // of run and inspect also: lines were not, would not be sent; of verify: lines
                     // are missing, doubled or altered
  kFenced = 3,
  kStopped = 4,
  kUnverified = 5
};

// The end of a shard as its metrics show it.
ShardPhase PhaseOf(ExitCode exit);

// Several shards in one process: the first present of 1, 3, 4, 2, 0.
ExitCode Combine(ExitCode a, ExitCode b);

struct ShardRun {
  KafkaSettings kafka;        // destination kKafka
  std::string out_directory;  // destination kFiles
  Destination destination = Destination::kKafka;
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

// The destination as fingerprints have it.
std::string NameOfDestination(Destination destination, const KafkaSettings& kafka);

struct ShardReport {
  ExitCode exit = ExitCode::kFatal;
  bool already_complete = false;
  Checkpoint checkpoint;  // the last committed one: counters, files
  std::string message;    // why it ended so, for a person; empty when completed
};

// What a shard works with; borrowed until RunShard returns.
struct ShardWorld {
  Database& database;
  StorageMaker make_storage;
  Clock& clock;
};

// Claims, replays, writes the final rows. Never throws; logs what matters.
ShardReport RunShard(ShardRun run, const ShardWorld& world, std::stop_token stop);

// The worker's main: environment (and the names of all that is set in it) and mounted files →
// RunShard.
ExitCode RunWorker(const Environment& environment, const std::vector<std::string>& variables,
                   Clock& clock, const std::stop_token& stop);

}  // namespace reprocess
