#include "base/log.h"
#include "config/repository.h"
#include "jobs/open_books.h"
#include "jobs/run_shard.h"

namespace reprocess {
namespace {

// TOTAL_WORKERS, else the job row's, else 1; 0 means unknown.
Result<int> TotalWorkers(const EnvironmentConfig& environment, Books& books) {
  if (environment.total_workers && *environment.total_workers > 0) {
    return *environment.total_workers;
  }
  TRY(const std::optional<JobRow> job, books.FindJob(environment.job_id));
  if (job && job->total_workers > 0) {
    if (environment.worker_index < job->total_workers) return job->total_workers;
    return Fatal("check WORKER_INDEX: it is not below total_workers of the job's row");
  }
  if (environment.worker_index == 0) return 1;
  return Fatal("check WORKER_INDEX: it is above 0, and the number of workers is unknown", {},
               "set TOTAL_WORKERS");
}

Result<ShardReport> LoadAndRun(const Environment& environment, const std::stop_token& stop) {
  TRY(const WorkerConfig config, LoadWorkerConfig(environment));
  const EnvironmentConfig& env = config.environment;
  SetUpLog(env.log_level, env.log_format, {{"job", env.job_id}, {"shard", env.worker_index}});
  for (const std::string& warning : env.warnings) Log(LogLevel::kWarn, warning);
  TRY(std::unique_ptr<Books> books,
      OpenBooksPatiently(env.database_url, env.settings.start_timeout, stop));
  TRY(const int total, AwaitDatabase<int>(env.settings.start_timeout, stop,
                                          [&] { return TotalWorkers(env, *books); }));
  ShardRun run;
  run.database_url = env.database_url;
  run.kafka = env.kafka;
  run.destination = config.job.dry_run ? Destination::kNone : Destination::kKafka;
  run.settings = env.settings;
  run.job = config.job;
  run.assignment = AssignmentOf(env.job_id, env.worker_index, total, config.files, config.job);
  run.total_files = static_cast<int>(config.files.size());
  StreamMap streams;
  run.streams = [&]() -> Result<const StreamMap*> {
    if (env.repository_url.empty()) return nullptr;
    TRY(streams, FetchRepository(env.repository_url, env.repository_auth_token, stop));
    return &streams;
  };
  ShardReport report = RunShard(run, std::move(books), stop);
  if (report.exit == ExitCode::kFailedFiles && !env.failed_files_exit_2) {
    report.exit = ExitCode::kCompleted;
  }
  return report;
}

}  // namespace

ExitCode RunWorker(const Environment& environment, std::stop_token stop) {
  const Result<ShardReport> report = LoadAndRun(environment, stop);
  if (report) return report->exit;
  if (report.error().code == Code::kStopped) return ExitCode::kStopped;
  Log(LogLevel::kError, report.error().ToString());
  return ExitCode::kFatal;
}

}  // namespace reprocess
