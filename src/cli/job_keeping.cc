#include "cli/job_keeping.h"

#include "cli/cluster_option.h"
#include "cli/database_option.h"
#include "cluster/names.h"

namespace reprocess {
namespace {

constexpr Milliseconds kLogsWithin{5'000};

}  // namespace

Result<std::optional<Submission>> SubmissionOf(const std::string& job_id, const Given& given,
                                               const Environment& environment) {
  TRY(const std::string url, DatabaseUrlOf(given.Text(option::kDatabase), environment));
  TRY(const auto database, Database::Open(url, Database::Use::kAsk));
  TRY_OK(database->NewQueries()->Job(job_id));
  return database->NewSubmissions()->Find(job_id);
}

Result<std::unique_ptr<JobKeeping>> JobKeeping::Begin(const Submission& submission,
                                                      const Given& given, const Program& program) {
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  TRY(const std::string cluster, ClusterIdOf(access));
  if (cluster != submission.cluster) {
    return Fatal("reach the job's cluster: it runs in another one than this", access.server,
                 "choose that one with --context", Code::kConflict);
  }
  access.name_space = submission.name_space;
  TRY(EnvironmentConfig config, LoadWithJobsKafka(given, program.environment));
  TRY(const std::string url, DatabaseUrlOf(given.Text(option::kDatabase), program.environment));
  TRY(const auto database, Database::Open(url, Database::Use::kChange));
  return std::unique_ptr<JobKeeping>(
      new JobKeeping(*database, std::move(access), cluster, std::move(config), program.console));
}

JobKeeping::JobKeeping(Database& database, ClusterAccess access, const std::string& cluster,
                       EnvironmentConfig config, const Console& console)
    : console_(console),
      api_(ConnectTo(access)),
      logs_(ConnectTo(std::move(access), kLogsWithin)),
      queries_(database.NewQueries()),
      submissions_(database.NewSubmissions()),
      store_(database.NewClusterStore()),
      workers_(database.NewWorkerStore()),
      settler_(MakeShardSettler(std::move(config.kafka), config.settings, *workers_, *workers_)),
      world_{*api_,   *logs_,    cluster,   *queries_,    *submissions_,
             *store_, *workers_, *settler_, SystemClock()},
      thread_([this](const std::stop_token& stop) {
        KeepJobs(world_, [this](const Error& error) { Tell(error); }, stop);
      }) {}

JobKeeping::~JobKeeping() {
  thread_.request_stop();
}

void JobKeeping::Tell(const Error& error) {
  const std::string text = error.ToString();
  const std::scoped_lock lock(mutex_);
  if (told_.insert(text).second) reprocess::Tell(console_, text);
}

}  // namespace reprocess
