#include "cli/job_keeping.h"

#include <utility>

#include "cli/cluster_option.h"
#include "cli/database_option.h"
#include "jobs/reach_cluster.h"

namespace reprocess {

Result<std::optional<Submission>> SubmissionOf(const std::string& job_id, const Given& given,
                                               const Program& program) {
  TRY(const auto database, OpenDatabase(given, program, Database::Use::kAsk));
  TRY_OK(database->NewQueries()->Job(job_id));
  return database->NewSubmissions()->Find(job_id);
}

Result<std::unique_ptr<ClusterKeeping>> KeepJobsOf(const Submission& submission, const Given& given,
                                                   const Program& program) {
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  TRY(access, AccessToJob(std::move(access), submission));
  TRY(EnvironmentConfig config, LoadWithJobsKafka(given, program.environment));
  TRY(const auto database, OpenDatabase(given, program, Database::Use::kChange));
  return std::make_unique<ClusterKeeping>(
      *database, std::move(access), submission.cluster, std::move(config.kafka), config.settings,
      [&program](const std::string& text) { Tell(program.console, text); });
}

}  // namespace reprocess
