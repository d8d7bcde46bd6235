#include "store/schema.h"

#include <array>

#include <fmt/format.h>

#include "store/database.h"

namespace reprocess {
namespace {

// Taken by every worker that has to make something, so that 100 of them do not collide.
constexpr std::int64_t kAdvisoryLock = 0x7265'7072'6f63;

// The contract's tables, word for word; {time}, {json} and {now} are the backend's.
constexpr std::string_view kContractTables[] = {
    R"(CREATE TABLE IF NOT EXISTS reprocessing_jobs (
  id VARCHAR(64) PRIMARY KEY, config {json} NOT NULL, status VARCHAR(32) NOT NULL,
  created_at {time} NOT NULL, started_at {time}, completed_at {time},
  k8s_job_name VARCHAR(255), total_files INTEGER DEFAULT 0, total_workers INTEGER DEFAULT 0, error TEXT))",
    R"(CREATE TABLE IF NOT EXISTS reprocessing_workers (
  job_id VARCHAR(64) NOT NULL REFERENCES reprocessing_jobs(id) ON DELETE CASCADE,
  worker_index INTEGER NOT NULL, status VARCHAR(32) NOT NULL,
  started_at {time}, updated_at {time} NOT NULL DEFAULT {now}, completed_at {time},
  current_file TEXT, current_line BIGINT DEFAULT 0, current_ts TEXT,
  assigned_files INTEGER DEFAULT 0, processed_files INTEGER DEFAULT 0, total_lines BIGINT DEFAULT 0,
  success_count BIGINT DEFAULT 0, error_count BIGINT DEFAULT 0, skipped_count BIGINT DEFAULT 0,
  total_bytes BIGINT DEFAULT 0, processed_bytes BIGINT DEFAULT 0, error TEXT,
  PRIMARY KEY (job_id, worker_index)))"};

// Under the admin service's names: it would make each once more under them.
constexpr std::string_view kJobsIndex =
    "CREATE INDEX IF NOT EXISTS reprocessing_jobs_created_at_idx ON reprocessing_jobs (created_at "
    "DESC)";
constexpr std::string_view kWorkersIndexes[] = {
    "CREATE INDEX IF NOT EXISTS reprocessing_workers_job_id_idx ON reprocessing_workers (job_id)",
    "CREATE INDEX IF NOT EXISTS reprocessing_workers_status_idx ON reprocessing_workers "
    "(job_id, status)"};

// No foreign keys: a user who may create tables need not own the admin service's.
constexpr std::string_view kOwnTables[] = {
    R"(CREATE TABLE IF NOT EXISTS reprocessing_shards (
  job_id VARCHAR(64) NOT NULL, shard INTEGER NOT NULL, mode VARCHAR(16) NOT NULL,
  owner VARCHAR(64) NOT NULL, host TEXT NOT NULL, generation BIGINT NOT NULL,
  claimed_at {time} NOT NULL, heartbeat_ms BIGINT NOT NULL, checkpoint TEXT NOT NULL,
  start_offsets TEXT, end_offsets TEXT, throttle TEXT, stopped_at {time}, stored_bytes BIGINT,
  PRIMARY KEY (job_id, shard)))",
    R"(CREATE TABLE IF NOT EXISTS reprocessing_files (
  job_id VARCHAR(64) NOT NULL, list_position INTEGER NOT NULL, shard INTEGER NOT NULL,
  path TEXT NOT NULL, size BIGINT NOT NULL, version_tag TEXT NOT NULL DEFAULT '',
  planned_version_tag TEXT, last_modified TEXT, version_id TEXT,
  item_offset BIGINT, item_length BIGINT, item_ranges TEXT, key_path TEXT,
  state VARCHAR(16) NOT NULL, failure TEXT,
  place_byte BIGINT NOT NULL DEFAULT 0, place_line BIGINT NOT NULL DEFAULT 0,
  frame_compressed BIGINT NOT NULL DEFAULT 0, frame_decompressed BIGINT NOT NULL DEFAULT 0,
  prefix_hash TEXT, uncounted_bytes BIGINT NOT NULL DEFAULT 0,
  lines BIGINT NOT NULL DEFAULT 0, bytes BIGINT NOT NULL DEFAULT 0,
  sent BIGINT NOT NULL DEFAULT 0, sent_bytes BIGINT NOT NULL DEFAULT 0,
  skipped BIGINT NOT NULL DEFAULT 0, skipped_bytes BIGINT NOT NULL DEFAULT 0,
  skipped_by_reason TEXT NOT NULL DEFAULT '{{}}',
  errors BIGINT NOT NULL DEFAULT 0, error_bytes BIGINT NOT NULL DEFAULT 0,
  errors_by_reason TEXT NOT NULL DEFAULT '{{}}', not_utf8 BIGINT NOT NULL DEFAULT 0,
  started_at {time}, finished_at {time},
  PRIMARY KEY (job_id, list_position)))",
    R"(CREATE TABLE IF NOT EXISTS reprocessing_errors (
  job_id VARCHAR(64) NOT NULL, shard INTEGER NOT NULL, list_position INTEGER NOT NULL,
  first_byte BIGINT NOT NULL, end_byte BIGINT NOT NULL, line_count BIGINT NOT NULL,
  first_line BIGINT NOT NULL, last_line BIGINT NOT NULL, reason VARCHAR(32) NOT NULL,
  message TEXT NOT NULL, sample TEXT NOT NULL, approximate INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, shard, list_position, first_byte)))"};

constexpr std::string_view kControlsTable =
    R"(CREATE TABLE IF NOT EXISTS reprocessing_controls (
  job_id VARCHAR(64) PRIMARY KEY, paused INTEGER NOT NULL DEFAULT 0,
  max_messages_per_second BIGINT, max_bytes_per_second BIGINT, max_consumer_lag BIGINT,
  lag_groups TEXT, updated_at {time} NOT NULL, max_errors TEXT))";

constexpr std::string_view kPrintsTable =
    R"(CREATE TABLE IF NOT EXISTS reprocessing_prints (
  job_id VARCHAR(64) PRIMARY KEY, print TEXT NOT NULL, made_at {time} NOT NULL))";

constexpr std::string_view kAddGuard =
    "ALTER TABLE reprocessing_workers ADD COLUMN generation BIGINT";
constexpr std::string_view kAddThrottle =
    "ALTER TABLE reprocessing_shards ADD COLUMN throttle TEXT";
constexpr std::string_view kAddRanges =
    "ALTER TABLE reprocessing_files ADD COLUMN item_ranges TEXT";
constexpr std::string_view kAddPrefixHash =
    "ALTER TABLE reprocessing_files ADD COLUMN prefix_hash TEXT";
constexpr std::string_view kAddKeyPath = "ALTER TABLE reprocessing_files ADD COLUMN key_path TEXT";

constexpr std::string_view kAddSigns[] = {
    "ALTER TABLE reprocessing_shards ADD COLUMN stopped_at {time}",
    "ALTER TABLE reprocessing_shards ADD COLUMN stored_bytes BIGINT"};
constexpr std::string_view kAddMaxErrors =
    "ALTER TABLE reprocessing_controls ADD COLUMN max_errors TEXT";

// The column's default: what the contract writes for PostgreSQL, what SQLite understands.
std::string_view DefaultNow(Backend backend) {
  return backend == Backend::kPostgres ? "NOW()" : "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";
}

std::string Filled(std::string_view statement, const Session& session) {
  const Dialect& dialect = session.dialect();
  return fmt::format(fmt::runtime(statement), fmt::arg("time", dialect.time),
                     fmt::arg("json", dialect.json),
                     fmt::arg("now", DefaultNow(session.url().backend)));
}

std::vector<std::string> ContractStatements(const Session& session, const Found& found) {
  std::vector<std::string> statements;
  if (!found.jobs) {
    statements.push_back(Filled(kContractTables[0], session));
    statements.emplace_back(kJobsIndex);
  }
  if (!found.workers) {
    statements.push_back(Filled(kContractTables[1], session));
    for (const auto index : kWorkersIndexes) statements.emplace_back(index);
  }
  return statements;
}

std::vector<std::string> OwnStatements(const Session& session) {
  std::vector<std::string> statements;
  for (const auto table : kOwnTables) statements.push_back(Filled(table, session));
  return statements;
}

// Runs what is still missing once the lock is held.
Result<void> Make(Session& session,
                  const std::function<std::vector<std::string>(const Found&)>& missing) {
  return Alone(session, [&]() -> Result<void> {
    TRY(const Found found, Inspect(session));
    for (const auto& statement : missing(found)) TRY_OK(session.Execute(statement));
    return {};
  });
}

// The schema that the URL names. Not being allowed to make it is found out by the tables.
Result<void> EnsureNamedSchemas(Session& session) {
  for (const auto& name : session.url().schemas) {
    TRY(const auto found,
        session.Select("SELECT 1 FROM pg_namespace WHERE nspname = :name", 1, {{"name", name}}));
    if (!found.empty() || name == "$user") continue;
    std::string quoted;
    for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    const auto made = Make(session, [&](const Found&) {
      return std::vector<std::string>{fmt::format("CREATE SCHEMA IF NOT EXISTS \"{}\"", quoted)};
    });
    if (!made && !Denied(made.error())) return made;
    return {};  // of a path, the first is the one that tables are made in
  }
  return {};
}

Result<void> EnsureContract(Session& session, const Found& found) {
  if (found.jobs && found.workers) return {};
  auto made = Make(session, [&](const Found& now) { return ContractStatements(session, now); });
  if (made) return {};
  Error error = std::move(made).error();
  if (Denied(error) || error.code == Code::kNotFound) error = NoTables(std::move(error.what));
  return std::unexpected(WithContext("make the tables", std::move(error)));
}

// Later additions: whoever may not make one goes on without it.
Result<void> AddIfAllowed(Session& session, bool Schema::* part,
                          const std::vector<std::string>& statements) {
  TRY(const Found before, Inspect(session));
  if (before.schema.*part) return {};
  auto made = Make(session, [&](const Found& now) {
    return now.schema.*part ? std::vector<std::string>{} : statements;
  });
  if (made || Denied(made.error())) return {};
  return std::unexpected(WithContext("make the tables", std::move(made).error()));
}

}  // namespace

bool Denied(const Error& error) {
  return error.remedy == Remedy::kStop && error.code == Code::kNotAuthorized;
}

Result<void> Alone(Session& session, const std::function<Result<void>()>& work) {
  return session.InTransaction([&]() -> Result<void> {
    if (session.url().backend == Backend::kPostgres) {
      TRY_OK(session.Select("SELECT 1 FROM pg_advisory_xact_lock(:lock)", 1,
                            {{"lock", kAdvisoryLock}}));
    }
    return work();
  });
}

Error NoTables(std::string what) {
  return {.what = std::move(what),
          .where = "",
          .hint = fmt::format("let a user with the right to create tables run:\n{}", SchemaDdl()),
          .code = Code::kNotAuthorized};
}

Result<Found> Inspect(Session& session) {
  Found found;
  int own = 0;
  TRY(const auto tables, session.Select(std::string(session.dialect().tables), 1));
  for (const Row& row : tables) {
    const std::string name = row.Text(0);
    found.jobs |= name == "reprocessing_jobs";
    found.workers |= name == "reprocessing_workers";
    found.schema.controls |= name == "reprocessing_controls";
    found.schema.prints |= name == "reprocessing_prints";
    own += name == "reprocessing_shards" || name == "reprocessing_files" ||
           name == "reprocessing_errors";
  }
  found.schema.contract = found.jobs && found.workers;
  found.schema.own_tables = own == 3;
  TRY(const auto guard, session.Select(std::string(session.dialect().guard), 1));
  found.schema.guard = !guard.empty();
  TRY(const auto throttle, session.Select(std::string(session.dialect().throttle), 1));
  found.schema.throttle = !throttle.empty();
  TRY(const auto ranges, session.Select(std::string(session.dialect().ranges), 1));
  found.schema.ranges = !ranges.empty();
  TRY(const auto hash, session.Select(std::string(session.dialect().prefix_hash), 1));
  found.schema.prefix_hash = !hash.empty();
  TRY(const auto signs, session.Select(std::string(session.dialect().signs), 1));
  found.schema.signs = !signs.empty();
  TRY(const auto errors, session.Select(std::string(session.dialect().max_errors), 1));
  found.schema.max_errors = !errors.empty();
  TRY(const auto key_path, session.Select(std::string(session.dialect().key_path), 1));
  found.schema.key_path = !key_path.empty();
  return found;
}

Result<Schema> EnsureSchema(Session& session) {
  TRY_OK(session.Open());
  TRY(Found found, Inspect(session));
  const auto complete = [&] {
    return found.jobs && found.workers && found.schema.own_tables && found.schema.guard &&
           found.schema.controls && found.schema.prints && found.schema.throttle &&
           found.schema.ranges && found.schema.prefix_hash && found.schema.max_errors &&
           found.schema.key_path && found.schema.signs;
  };
  if (complete()) return found.schema;
  if (session.url().backend == Backend::kPostgres) TRY_OK(EnsureNamedSchemas(session));
  TRY_OK(EnsureContract(session, found));
  if (!found.schema.own_tables) {
    auto made = Make(session, [&](const Found& now) {
      return now.schema.own_tables ? std::vector<std::string>{} : OwnStatements(session);
    });
    if (!made && !Denied(made.error())) {
      return std::unexpected(WithContext("make the tables", std::move(made).error()));
    }
  }
  TRY_OK(AddIfAllowed(session, &Schema::guard, {std::string(kAddGuard)}));
  TRY_OK(AddIfAllowed(session, &Schema::controls, {Filled(kControlsTable, session)}));
  TRY_OK(AddIfAllowed(session, &Schema::prints, {Filled(kPrintsTable, session)}));
  TRY(found, Inspect(session));
  if (found.schema.own_tables) {
    TRY_OK(AddIfAllowed(session, &Schema::throttle, {std::string(kAddThrottle)}));
    TRY_OK(AddIfAllowed(session, &Schema::ranges, {std::string(kAddRanges)}));
    TRY_OK(AddIfAllowed(session, &Schema::prefix_hash, {std::string(kAddPrefixHash)}));
    TRY_OK(AddIfAllowed(session, &Schema::key_path, {std::string(kAddKeyPath)}));
    TRY_OK(AddIfAllowed(session, &Schema::signs,
                        {Filled(kAddSigns[0], session), Filled(kAddSigns[1], session)}));
  }
  if (found.schema.controls) {
    TRY_OK(AddIfAllowed(session, &Schema::max_errors, {std::string(kAddMaxErrors)}));
  }
  TRY(found, Inspect(session));
  if (found.schema.own_tables && !found.schema.ranges) {
    return std::unexpected(
        WithContext("make the tables", NoTables("reprocessing_files lacks item_ranges")));
  }
  if (found.schema.own_tables && !found.schema.prefix_hash) {
    return std::unexpected(
        WithContext("make the tables", NoTables("reprocessing_files lacks prefix_hash")));
  }
  if (found.schema.own_tables && !found.schema.key_path) {
    return std::unexpected(
        WithContext("make the tables", NoTables("reprocessing_files lacks key_path")));
  }
  return found.schema;
}

std::string SchemaDdl() {
  const Session session(DatabaseUrl{
      .backend = Backend::kPostgres, .connect = "", .schemas = {}, .display = "", .secrets = {}});
  std::string ddl;
  const auto add = [&](const std::vector<std::string>& statements) {
    for (const auto& statement : statements) ddl += statement + ";\n";
  };
  add(ContractStatements(session, {}));
  ddl += "ALTER TABLE reprocessing_workers ADD COLUMN IF NOT EXISTS generation BIGINT;\n";
  add(OwnStatements(session));
  ddl += "ALTER TABLE reprocessing_shards ADD COLUMN IF NOT EXISTS throttle TEXT;\n";
  ddl += "ALTER TABLE reprocessing_shards ADD COLUMN IF NOT EXISTS stopped_at TIMESTAMPTZ;\n";
  ddl += "ALTER TABLE reprocessing_shards ADD COLUMN IF NOT EXISTS stored_bytes BIGINT;\n";
  ddl += "ALTER TABLE reprocessing_files ADD COLUMN IF NOT EXISTS item_ranges TEXT;\n";
  ddl += "ALTER TABLE reprocessing_files ADD COLUMN IF NOT EXISTS prefix_hash TEXT;\n";
  ddl += "ALTER TABLE reprocessing_files ADD COLUMN IF NOT EXISTS key_path TEXT;\n";
  add({Filled(kControlsTable, session)});
  ddl += "ALTER TABLE reprocessing_controls ADD COLUMN IF NOT EXISTS max_errors TEXT;\n";
  add({Filled(kPrintsTable, session)});
  return ddl;
}

}  // namespace reprocess
