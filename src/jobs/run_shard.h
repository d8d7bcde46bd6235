// A worker's run as a use case: the pod's whole life, and each of `reprocess run`'s shards.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "config/worker_config.h"
#include "model/books.h"
#include "model/checkpoint.h"
#include "model/job_config.h"
#include "model/job_print.h"
#include "model/stream_map.h"
#include "replay/replay.h"
#include "status/database.h"

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
  std::string database_url;
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

// Claims, replays, writes the final rows into `books`. Never throws; logs what matters.
ShardReport RunShard(ShardRun run, std::unique_ptr<Books> books, std::stop_token stop);

// The worker's main: environment and mounted files → RunShard.
ExitCode RunWorker(const Environment& environment, std::stop_token stop);

}  // namespace reprocess
