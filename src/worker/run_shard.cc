#include "worker/run_shard.h"

#include <algorithm>

#include "base/log.h"
#include "filesink/file_sink.h"
#include "kafka/group_lag.h"
#include "kafka/kafka_sink.h"
#include "metrics/shard_metrics.h"
#include "model/failure_kind.h"
#include "replay/deliver.h"
#include "replay/new_owner.h"
#include "worker/await_database.h"
#include "worker/metrics_observer.h"
#include "worker/reporter.h"
#include "worker/throttle_watch.h"
#include "worker/watched_sink.h"

namespace reprocess {
namespace {

// Beyond what a commit may be tried again for: what lasts longer hangs.
constexpr Milliseconds kBeyond{10'000};

class ShardLife {
 public:
  ShardLife(ShardRun run, std::unique_ptr<WorkerStore> store, const World& world,
            std::stop_token stop)
      : run_(std::move(run)),
        world_(world),
        asked_to_stop_(std::move(stop), [this] { stopping_.request_stop(); }),
        stop_(stopping_.get_token()),
        shard_{run_.assignment.job_id, run_.assignment.index},
        task_{std::move(run_.assignment), run_.job,   run_.settings,
              run_.destination,           NewOwner(), std::move(run_.print)},
        store_(std::move(store)) {}

  ShardReport Live() {
    ShardReport report;
    Result<ReplayOutcome> outcome = Replay();
    if (outcome) {
      report.outcome = outcome->end;
      report.checkpoint = outcome->checkpoint;
      report.message = outcome->message;
      if (report.outcome == Outcome::kAlreadyComplete && run_.metrics != nullptr) {
        run_.metrics->Progress(WorkerRowOf(task_, outcome->checkpoint));
      }
      if (Result<void> written = WriteEnd(*outcome); !written) {
        Log(LogLevel::kWarn, "status not written", {{"why", written.error().ToString()}});
        if (report.outcome != Outcome::kStopped) {  // which is started again in any case
          const bool stopped = written.error().code == Code::kStopped;
          report.outcome = stopped ? Outcome::kStopped : Outcome::kFailed;
          report.message = fmt::format(
              "the replay is done, but the worker's row could not be written: {}; another start "
              "writes it",
              written.error().ToString());
        }
      }
      if (outcome->end != Outcome::kFenced) GiveBack();
    } else {
      const bool stopped = outcome.error().code == Code::kStopped;
      report.outcome = stopped ? Outcome::kStopped : Outcome::kFailed;
      report.message = outcome.error().ToString();
      report.checkpoint = stored_;
      if (told_) report.checkpoint.shard = told_->counters;  // of the last commit
      if (!stopped) WriteFatal(outcome.error());
    }
    return report;
  }

 private:
  Result<ReplayOutcome> Replay() {
    TRY_OK(AwaitDatabase<void>(world_.clock, run_.settings.start_timeout, stop_, [this] {
      const Result<void> started = WriteStart();
      return started ? CheckNotCancelled() : started;
    }));
    TRY(const StreamMap* const streams, run_.streams());
    ProgressFanOut progress;
    std::optional<MetricsObserver> metrics;
    if (run_.metrics != nullptr) progress.Add(metrics.emplace(*run_.metrics, world_.clock));
    if (run_.display != nullptr) progress.Add(*run_.display);
    if (run_.destination.kind == Destination::kKafka) {
      TRY_OK(CheckTopic(run_.kafka, run_.settings, stop_, [&](const std::string& why) {
        progress.Waiting(why);
        LogWaiting(why);
      }));
    }
    std::unique_ptr<WorkerStore> own = world_.database.NewWorkerStore();
    ThrottleWatch watch({shard_.job_id, run_.job.throttle, task_.assignment.total,
                         run_.settings.heartbeat_interval},
                        world_.clock, LagReader());
    watch.Refresh(*own);  // a job that is paused sends nothing first
    Reporter reporter(std::move(own), shard_, run_.settings.heartbeat_interval, watch, world_.clock,
                      [this] { stopping_.request_stop(); });
    progress.Add(reporter);
    const std::unique_ptr<Storage> storage = world_.make_storage(
        run_.settings, [](LogLevel level, std::string_view text) { Log(level, text); },
        [this] {
          if (run_.metrics != nullptr) run_.metrics->S3Retried();
        });
    const Ports ports{.storage = *storage,
                      .make_sink = [&](Mode mode) { return MakeSink(mode, progress); },
                      .shards = *store_,
                      .ledger = *store_,
                      .clock = world_.clock,
                      .observer = progress,
                      .streams = streams,
                      .throttle = &watch,
                      .queues = run_.metrics != nullptr ? &run_.metrics->queues() : nullptr,
                      .read_shard = ShardReader()};
    Result<ReplayOutcome> outcome = ReplayShard(task_, ports, stop_);
    claimed_ = reporter.owner();
    told_ = reporter.last_row();
    return outcome;
  }

  Result<void> WriteStart() {
    const Assignment& mine = task_.assignment;
    TRY_OK(store_->EnsureJob({shard_.job_id, "running", run_.job.json, mine.total, mine.job_files,
                              mine.listed_files, true}));
    // A complete shard has nothing to open its job for.
    TRY(const auto row, store_->Find(shard_));
    const auto checkpoint = Decode(row ? row->checkpoint : std::string());
    if (!checkpoint || checkpoint->state != ShardState::kComplete) {
      TRY_OK(store_->ReopenJob(shard_.job_id));
    }
    if (checkpoint) stored_ = *checkpoint;
    return store_->EnsureWorker(shard_, WorkerRowOf(task_, {}));
  }

  Result<void> CheckNotCancelled() {
    TRY(const auto job, store_->FindJob(shard_.job_id));
    if (job && job->status == NameOf(WorkerStatus::kCancelled)) {
      return Fatal("replay: the job is cancelled", shard_.job_id, {}, Code::kStopped);
    }
    return {};
  }

  // As it is: what a shard was asked to do is not changed by a transaction that is under way.
  std::function<Result<std::optional<std::string>>(int)> ShardReader() const {
    if (run_.destination.kind != Destination::kKafka) return {};
    return [this](int shard) {
      return ReadKafkaCheckpoint(run_.kafka, {shard_.job_id, shard}, Read::kAsIs);
    };
  }

  // Only Kafka has consumers that fall behind.
  LagReaderMaker LagReader() const {
    if (run_.destination.kind != Destination::kKafka) return {};
    return [this](const std::string& group) { return MakeGroupLag(run_.kafka, group); };
  }

  Result<std::unique_ptr<Sink>> MakeSink(Mode mode, ProgressObserver& progress) const {
    switch (mode) {
      case Mode::kDryRun:
        return MakeNullSink();
      case Mode::kFiles:
        return MakeFileSink(run_.destination.directory, shard_);
      case Mode::kExactlyOnce:
      case Mode::kAtLeastOnce:
        break;
    }
    TRY(auto sink, MakeKafkaSink(run_.kafka, run_.settings, shard_, mode));
    return MakeWatchedSink(std::move(sink), progress, run_.settings.kafka_timeout + kBeyond,
                           world_.end_at_once);
  }

  // A row that says "running" when nobody runs would say so for ever.
  Result<void> WriteEnd(const ReplayOutcome& outcome) {
    if (outcome.end == Outcome::kFenced) return {};
    WorkerRow row = told_.value_or(WorkerRowOf(task_, outcome.checkpoint));
    row.error = outcome.message;
    if (outcome.end == Outcome::kFailedFiles || outcome.end == Outcome::kTooManyErrors) {
      row.status = WorkerStatus::kFailed;
      if (outcome.end == Outcome::kTooManyErrors) {
        row.error = FailureText(FailureKind::kMaxErrors, std::move(row.error));
      }
    } else if (outcome.end == Outcome::kStopped) {
      const auto job = store_->FindJob(shard_.job_id);
      if (job && *job && (*job)->status == "cancelled") row.status = WorkerStatus::kCancelled;
    } else {
      row.status = WorkerStatus::kCompleted;
      row.error.clear();
    }
    Owner owner = outcome.owner;
    // A row written from an earlier owner's checkpoint carries that claim's generation.
    owner.generation = std::max(owner.generation, outcome.checkpoint.generation);
    return AwaitDatabase<void>(world_.clock, run_.settings.database_timeout, stop_,
                               [&]() -> Result<void> {
                                 TRY_OK(store_->PutWorker(shard_, owner, row));
                                 return store_->EndJobIfLast(shard_.job_id);
                               });
  }

  // The sink is closed and the reporter has ended: nothing of ours touches the shard any more, so
  // that nobody need watch whether we live. Not after an error that left deliveries unknown.
  void GiveBack() {
    if (!claimed_) return;
    const Result<void> given = store_->GiveBack(shard_, *claimed_);
    if (given || given.error().remedy == Remedy::kFenced) return;
    Log(LogLevel::kWarn, "shard not given back", {{"why", given.error().ToString()}});
  }

  void WriteFatal(const Error& error) {
    Result<void> written = WriteFailed(FailureText(FailureKindOf(error), error.ToString()));
    if (written) written = store_->EndJobIfLast(shard_.job_id);
    if (!written) {
      Log(LogLevel::kWarn, "status not written", {{"why", written.error().ToString()}});
    }
  }

  // A shard that is complete stays so, whoever starts it with something else.
  Result<void> WriteFailed(const std::string& error) {
    if (!claimed_) {
      const bool complete = stored_.state == ShardState::kComplete;
      return complete ? Result<void>{} : store_->FailUnclaimed(shard_, error);
    }
    WorkerRow row = told_.value_or(WorkerRowOf(task_, stored_));
    row.status = WorkerStatus::kFailed;
    row.error = error;
    return store_->PutWorker(shard_, *claimed_, row);
  }

  ShardRun run_;  // without its assignment and print, which are the task's
  const World& world_;
  std::stop_source stopping_;
  const std::stop_callback<std::function<void()>> asked_to_stop_;
  const std::stop_token stop_;  // by a signal, or because the job is cancelled
  const ShardRef shard_;
  const ShardTask task_;
  const std::unique_ptr<WorkerStore> store_;
  Checkpoint stored_;  // as the database has it at the start; a fresh one where it has none
  std::optional<Owner> claimed_;
  std::optional<WorkerRow> told_;  // after the last commit of this process
};

// "unsent" and not "errors": log viewers colour by the word.
void LogEnd(const ShardReport& report) {
  const Counters& counters = report.checkpoint.shard;
  Log(ExitCodeOf(report.outcome) == 1 ? LogLevel::kError : LogLevel::kInfo, "shard ended",
      {{"exit", ExitCodeOf(report.outcome)},
       {"lines", counters.lines},
       {"sent", counters.success},
       {"skipped", counters.skipped()},
       {"unsent", counters.errors()},
       {"why", report.message}});
}

}  // namespace

ShardReport RunShard(ShardRun run, std::unique_ptr<WorkerStore> store, const World& world,
                     std::stop_token stop) {
  ShardReport report = ShardLife(std::move(run), std::move(store), world, std::move(stop)).Live();
  LogRepeated(true);  // what it said before its end comes before it
  LogEnd(report);
  return report;
}

}  // namespace reprocess
