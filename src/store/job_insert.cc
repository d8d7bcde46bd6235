#include "store/job_insert.h"

#include <fmt/format.h>

#include "store/text.h"

namespace reprocess {

Result<std::uint64_t> InsertJob(Session& session, const std::string& id, const std::string& config,
                                std::uint64_t files, int workers) {
  return session.Execute(
      fmt::format("INSERT INTO reprocessing_jobs (id, config, status, created_at, started_at, "
                  "total_files, total_workers, k8s_job_name) "
                  "VALUES (:job, :config, 'running', {0}, {0}, :files, :workers, '') "
                  "ON CONFLICT (id) DO NOTHING",
                  session.dialect().now),
      {{"job", id}, {"config", MarkedConfig(config)}, {"files", files}, {"workers", workers}});
}

}  // namespace reprocess
