#include <fmt/format.h>

#include "base/log.h"
#include "config/repository.h"
#include "model/failure_kind.h"
#include "plan/already_replayed.h"
#include "plan/stored_list.h"
#include "worker/await_database.h"
#include "worker/run_shard.h"
#include "worker/telemetry.h"

namespace reprocess {
namespace {

// TOTAL_WORKERS, which the job's row must not contradict, else that row's, else 1; 0 means unknown.
Result<int> TotalWorkers(const EnvironmentConfig& environment, WorkerStore& store) {
  const int given = environment.total_workers.value_or(0);
  TRY(const std::optional<JobRow> job, store.FindJob(environment.job_id));
  if (given > 0) {
    if (!job || job->total_workers <= 0 || job->total_workers == given) return given;
    return Fatal(fmt::format("check TOTAL_WORKERS: the job's row says {}, not {}",
                             job->total_workers, given),
                 fmt::format("job {}", environment.job_id),
                 fmt::format("set TOTAL_WORKERS={}, or use a new JOB_ID", job->total_workers),
                 Code::kConflict);
  }
  if (job && job->total_workers > 0) {
    if (environment.worker_index < job->total_workers) return job->total_workers;
    return Invalid("check WORKER_INDEX: it is not below total_workers of the job's row");
  }
  if (environment.worker_index == 0) return 1;
  return Invalid("check WORKER_INDEX: it is above 0, and the number of workers is unknown", {},
                 "set TOTAL_WORKERS");
}

// A job that sends again what another one sent may well be meant: it is only said.
void WarnOfReplayed(const ShardRun& run, Database& database) {
  const auto why = [&]() -> Result<std::string> {
    const auto queries = database.NewQueries();
    std::vector<std::string_view> paths;
    for (const FileItem& file : run.assignment.files) paths.push_back(file.path);
    return AlreadyReplayed(*queries, std::move(paths), run.assignment.job_id);
  }();
  if (!why) {
    Log(LogLevel::kWarn, "not looked whether another job has sent these files",
        {{"why", why.error().ToString()}});
  } else if (!why->empty()) {
    Log(LogLevel::kWarn, *why);
  }
}

Result<void> TakeShare(const EnvironmentConfig& env, const FileList& files, int total,
                       ShardRun& run) {
  AssignmentMaker share(env.job_id, env.worker_index, total, run.job);
  JobPrinter printer(total, run.job, FingerprintNameOf(run.destination));
  TRY_OK(files.ForEachItem([&](const FileItem& item) {
    share.Add(item);
    printer.Add(item);
  }));
  run.assignment = std::move(share).Assigned();
  run.print = std::move(printer).Print();
  return {};
}

Result<void> TakeStoredShare(const EnvironmentConfig& env, const StoredList& list, int total,
                             Database& database, ShardRun& run) {
  if (total != list.shards) {
    return Invalid(fmt::format("check TOTAL_WORKERS: files.json is of {} workers, not {}",
                               list.shards, total));
  }
  const auto lists = database.NewPlanLists();
  TRY(run.assignment, ReadShare(env.job_id, env.worker_index, list, run.job, *lists));
  run.print = PrintOfShare(run.assignment, list.list, run.job, FingerprintNameOf(run.destination));
  return {};
}

// Which lines of its files the shard sends, where the list names a set.
Result<void> LoadLineSets(Assignment& assignment, Database& database) {
  const auto queries = database.NewQueries();
  for (FileItem& item : assignment.files) {
    if (item.line_set.loaded()) continue;
    TRY(auto sets, queries->LineSets(assignment.job_id, item.list_position));
    const auto found = sets.find(item.list_position);
    if (found == sets.end() || found->second != item.line_set) {
      return Fatal(
          "read which lines are sent: reprocessing_line_sets has another set than files.json",
          item.path, "its rows were changed or lost: plan the job again", Code::kConflict);
    }
    item.line_set = std::move(found->second);
  }
  return {};
}

Result<ShardReport> Run(WorkerConfig& config, const Environment& environment, Clock& clock,
                        const EndAtOnce& end_at_once, ShardMetrics* metrics,
                        const std::stop_token& stop) {
  const EnvironmentConfig& env = config.environment;
  TRY(const auto database,
      AwaitDatabase<std::unique_ptr<Database>>(clock, env.settings.start_timeout, stop, [&] {
        return Database::Open(env.database_url, Database::Use::kWork);
      }));
  std::unique_ptr<WorkerStore> store = database->NewWorkerStore();
  TRY(const int total, AwaitDatabase<int>(clock, env.settings.start_timeout, stop,
                                          [&] { return TotalWorkers(env, *store); }));
  ShardRun run;
  run.kafka = env.kafka;
  if (config.job.dry_run) {
    run.destination.kind = Destination::kNone;
  } else {
    run.destination = {Destination::kKafka, env.kafka.brokers, env.kafka.topic};
  }
  run.settings = env.settings;
  run.job = config.job;
  TRY_OK(AwaitDatabase<void>(clock, env.settings.start_timeout, stop, [&] {
    return config.stored_list ? TakeStoredShare(env, *config.stored_list, total, *database, run)
                              : TakeShare(env, config.files, total, run);
  }));
  TRY_OK(AwaitDatabase<void>(clock, env.settings.start_timeout, stop,
                             [&] { return LoadLineSets(run.assignment, *database); }));
  run.metrics = metrics;
  std::unique_ptr<const StreamMap> streams;
  run.streams = [&]() -> Result<const StreamMap*> {
    if (!config.job.only_connections.empty()) return nullptr;
    TRY(streams, FetchRepository(env.repository, stop));
    return streams.get();
  };
  if (run.destination.kind == Destination::kKafka) WarnOfReplayed(run, *database);
  const World world{*database, StorageMakerIn(environment), clock, end_at_once};
  return RunShard(std::move(run), std::move(store), world, stop);
}

// What keeps a worker from beginning at all is told in its row, where that can be reached.
Result<void> WriteUnbegun(const Environment& environment, const Error& why) {
  const auto env = LoadEnvironment(environment);
  if (!env) return {};  // it is what is wrong
  const ShardRef shard{env->job_id, env->worker_index};
  TRY(const auto database, Database::Open(env->database_url, Database::Use::kWork));
  const auto store = database->NewWorkerStore();
  TRY(const auto job, store->FindJob(shard.job_id));
  if (!job || shard.index < 0 || shard.index >= job->total_workers) return {};
  TRY(const auto row, store->Find(shard));
  const auto checkpoint = Decode(row ? row->checkpoint : std::string());
  if (checkpoint && checkpoint->state == ShardState::kComplete) return {};
  TRY_OK(store->EnsureWorker(shard, {}));
  return store->FailUnclaimed(shard, FailureText(FailureKindOf(why), why.ToString()));
}

// Only what no other start mends.
void TellUnbegun(const Environment& environment, const Error& why) {
  Log(LogLevel::kError, why.ToString());
  if (!FailureKindOf(why)) return;
  const auto written = WriteUnbegun(environment, why);
  if (!written) Log(LogLevel::kWarn, "status not written", {{"why", written.error().ToString()}});
}

Outcome OutcomeOf(const Result<ShardReport>& report) {
  if (report) return report->outcome;
  return report.error().code == Code::kStopped ? Outcome::kStopped : Outcome::kFailed;
}

Result<Outcome> LoadAndRun(const Environment& environment,
                           const std::vector<std::string>& variables, Clock& clock,
                           const EndAtOnce& end_at_once, const std::stop_token& stop) {
  TRY(WorkerConfig config, LoadWorkerConfig(environment, variables));
  const EnvironmentConfig& env = config.environment;
  SetUpLog(env.log_level, env.log_format, {{"job", env.job_id}, {"shard", env.worker_index}});
  for (const std::string& warning : env.warnings) Log(LogLevel::kWarn, warning);
  Telemetry telemetry(env.settings.metrics, clock, env.job_id, env.worker_index);
  ShardMetrics* const metrics = telemetry.Shard(env.worker_index);
  const Result<ShardReport> report = Run(config, environment, clock, end_at_once, metrics, stop);
  const Outcome outcome = OutcomeOf(report);
  if (!report && outcome == Outcome::kFailed) TellUnbegun(environment, report.error());
  if (metrics != nullptr) metrics->Ended(outcome);
  telemetry.Finish(stop);
  const bool is_failure = outcome != Outcome::kFailedFiles || env.failed_files_exit_2;
  return is_failure ? outcome : Outcome::kComplete;
}

}  // namespace

Outcome RunWorker(const Environment& environment, const std::vector<std::string>& variables,
                  Clock& clock, const EndAtOnce& end_at_once, const std::stop_token& stop) {
  const LogChoice log = LogChoiceOf(environment);
  SetUpLog(log.level, log.format, {});
  const Result<Outcome> outcome = LoadAndRun(environment, variables, clock, end_at_once, stop);
  LogRepeated(true);
  if (outcome) return *outcome;
  TellUnbegun(environment, outcome.error());
  return Outcome::kFailed;
}

}  // namespace reprocess
