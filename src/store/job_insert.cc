#include "store/job_insert.h"

#include <fmt/format.h>

#include "store/text.h"

namespace reprocess {

Result<std::uint64_t> InsertJob(Session& session, const std::string& id, const std::string& config,
                                std::uint64_t files, int workers, NewJob job) {
  const bool runs = job == NewJob::kRunning;
  return session.Execute(
      fmt::format("INSERT INTO reprocessing_jobs (id, config, status, created_at, started_at, "
                  "total_files, total_workers, k8s_job_name) "
                  "VALUES (:job, :config, :status, {}, {}, :files, :workers, '') "
                  "ON CONFLICT (id) DO NOTHING",
                  session.dialect().now, runs ? session.dialect().now : "NULL"),
      {{"job", id},
       {"config", MarkedConfig(config, runs ? kWorkersMark : kPlansMark)},
       {"status", runs ? "running" : "pending"},
       {"files", files},
       {"workers", workers}});
}

}  // namespace reprocess
