#include "store/database.h"

#include <filesystem>

#include "store/cluster_store_impl.h"
#include "store/mend.h"
#include "store/queries_impl.h"
#include "store/worker_store.h"
#include "store/worker_store_without_tables.h"

namespace reprocess {
namespace {

Result<void> CheckThere(const DatabaseUrl& url) {
  std::error_code ignored;
  if (url.backend != Backend::kSqlite || std::filesystem::exists(url.connect, ignored)) return {};
  return Fatal("open database: no such file", url.connect,
               "name the database of the job with --database or DATABASE_URL", Code::kNotFound);
}

Result<Schema> SchemaOf(Session& session, Database::Use use) {
  if (use != Database::Use::kAsk) return EnsureSchema(session);
  return Inspect(session);
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const std::string& url, Use use) {
  TRY(DatabaseUrl parsed, ParseDatabaseUrl(url));
  if (use != Use::kWork) TRY_OK(CheckThere(parsed));
  auto session = std::make_unique<Session>(std::move(parsed));
  TRY(Schema schema, SchemaOf(*session, use));
  if (use == Use::kWork) TRY_OK(MendEarlier(*session));
  return std::unique_ptr<Database>(new Database(std::move(session), std::move(schema)));
}

std::unique_ptr<Session> Database::NewSession() {
  const std::scoped_lock lock(mutex_);
  return first_ ? std::move(first_) : std::make_unique<Session>(url_);
}

std::unique_ptr<WorkerStore> Database::NewWorkerStore() {
  if (schema_.HasOwnTables()) return std::make_unique<WorkerStoreImpl>(NewSession(), schema_);
  return std::make_unique<WorkerStoreWithoutTables>(NewSession(), schema_);
}

std::unique_ptr<Queries> Database::NewQueries() {
  return MakeQueries(NewSession(), schema_);
}

std::unique_ptr<ClusterStore> Database::NewClusterStore() {
  return MakeClusterStore(NewSession(), schema_);
}

std::unique_ptr<Submissions> Database::NewSubmissions() {
  return MakeSubmissions(NewSession(), schema_);
}

std::unique_ptr<PlanLists> Database::NewPlanLists() {
  return MakePlanLists(NewSession(), schema_);
}

std::unique_ptr<ServiceStore> Database::NewServiceStore() {
  return MakeServiceStore(NewSession(), schema_);
}

}  // namespace reprocess
