#include "store/mend.h"

#include <fmt/format.h>

#include "store/schema.h"
#include "store/text.h"

namespace reprocess {
namespace {

// Those of earlier builds and the admin service's, which would make each once more.
constexpr std::string_view kMisnamedIndexes =
    "SELECT old, new FROM (VALUES "
    "('reprocessing_jobs_created_at', 'reprocessing_jobs_created_at_idx'), "
    "('reprocessing_workers_job_id', 'reprocessing_workers_job_id_idx'), "
    "('reprocessing_workers_job_id_status', 'reprocessing_workers_status_idx')) AS names (old, "
    "new) "
    "WHERE to_regclass(old) IS NOT NULL AND to_regclass(new) IS NULL";

Result<std::vector<Row>> MisnamedIndexes(Session& session) {
  if (session.url().backend != Backend::kPostgres) return std::vector<Row>{};
  return session.Select(std::string(kMisnamedIndexes), 2);
}

Result<void> RenameIndexes(Session& session) {
  TRY(const auto misnamed, MisnamedIndexes(session));
  if (misnamed.empty()) return {};
  return Alone(session, [&]() -> Result<void> {
    TRY(const auto still, MisnamedIndexes(session));
    for (const Row& row : still) {
      TRY_OK(session.Execute(fmt::format("ALTER INDEX {} RENAME TO {}", row.Text(0), row.Text(1))));
    }
    return {};
  });
}

// Job rows that earlier builds made have no k8s_job_name, and their configuration as it was given:
// the admin service cannot read either.
Result<std::vector<Row>> UnreadableJobs(Session& session) {
  return session.Select(fmt::format("SELECT id, CAST(config AS TEXT) FROM reprocessing_jobs "
                                    "WHERE k8s_job_name IS NULL AND {} = 'reprocessing-worker'",
                                    session.dialect().made_by),
                        2);
}

Result<void> MendJobs(Session& session) {
  TRY(const auto unreadable, UnreadableJobs(session));
  if (unreadable.empty()) return {};
  return Alone(session, [&]() -> Result<void> {
    TRY(const auto still, UnreadableJobs(session));
    for (const Row& row : still) {
      TRY_OK(
          session.Execute("UPDATE reprocessing_jobs SET k8s_job_name = '', config = :config "
                          "WHERE id = :job",
                          {{"config", MarkedConfig(row.Text(1))}, {"job", row.Text(0)}}));
    }
    return {};
  });
}

}  // namespace

Result<void> MendEarlier(Session& session) {
  for (const auto& mend : {RenameIndexes, MendJobs}) {
    if (auto done = mend(session); !done && !Denied(done.error())) {
      return std::unexpected(WithContext("mend the tables", std::move(done).error()));
    }
  }
  return {};
}

}  // namespace reprocess
