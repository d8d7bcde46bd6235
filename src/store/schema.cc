#include "store/schema.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "store/database.h"

namespace reprocess {
namespace {

// Taken by every worker that has to make something, so that 100 of them do not collide.
constexpr std::int64_t kAdvisoryLock = 0x7265'7072'6f63;

// Or an index that tables of earlier builds lack.
struct Table {
  std::string_view name;  // without "reprocessing_"
  std::string_view create;
  std::vector<std::string_view> indexes{};
};

// A column that tables of earlier builds lack.
struct Addition {
  std::string_view table, column, type;
  bool needed = false;  // by every statement that writes a row: whoever may not add it cannot go on
};

// Tables that are made together, or not at all, and what is added to them.
struct Group {
  std::vector<Table> tables;
  std::vector<Addition> additions{};
  std::string_view of{};  // the table whose index this is; where that is missing, so is this
};

// In order; {time}, {json}, {bytes}, {now} and {retry_of} are the backend's. The contract's come first,
// word for word. Their indexes have the admin service's names: it would make each once more under them. Ours
// have no foreign keys: a user who may create tables need not own the admin service's.
const std::vector<Group>& Groups() {
  static const std::vector<Group> kGroups = {
      {{{"jobs",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_jobs (
  id VARCHAR(64) PRIMARY KEY, config {json} NOT NULL, status VARCHAR(32) NOT NULL,
  created_at {time} NOT NULL, started_at {time}, completed_at {time},
  k8s_job_name VARCHAR(255), total_files INTEGER DEFAULT 0, total_workers INTEGER DEFAULT 0, error TEXT))",
         {"CREATE INDEX IF NOT EXISTS reprocessing_jobs_created_at_idx ON reprocessing_jobs "
          "(created_at DESC)"}},
        {"workers",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_workers (
  job_id VARCHAR(64) NOT NULL REFERENCES reprocessing_jobs(id) ON DELETE CASCADE,
  worker_index INTEGER NOT NULL, status VARCHAR(32) NOT NULL,
  started_at {time}, updated_at {time} NOT NULL DEFAULT {now}, completed_at {time},
  current_file TEXT, current_line BIGINT DEFAULT 0, current_ts TEXT,
  assigned_files INTEGER DEFAULT 0, processed_files INTEGER DEFAULT 0, total_lines BIGINT DEFAULT 0,
  success_count BIGINT DEFAULT 0, error_count BIGINT DEFAULT 0, skipped_count BIGINT DEFAULT 0,
  total_bytes BIGINT DEFAULT 0, processed_bytes BIGINT DEFAULT 0, error TEXT,
  PRIMARY KEY (job_id, worker_index)))",
         {"CREATE INDEX IF NOT EXISTS reprocessing_workers_job_id_idx ON reprocessing_workers "
          "(job_id)",
          "CREATE INDEX IF NOT EXISTS reprocessing_workers_status_idx ON reprocessing_workers "
          "(job_id, status)"}}},
       {{"workers", "generation", "BIGINT"}}},
      {{{"jobs_retry_of_idx",
         "CREATE INDEX IF NOT EXISTS reprocessing_jobs_retry_of_idx ON reprocessing_jobs "
         "(({retry_of}))"}},
       {},
       "jobs"},
      {{{"shards",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_shards (
  job_id VARCHAR(64) NOT NULL, shard INTEGER NOT NULL, mode VARCHAR(16) NOT NULL,
  owner VARCHAR(64) NOT NULL, host TEXT NOT NULL, generation BIGINT NOT NULL,
  claimed_at {time} NOT NULL, heartbeat_ms BIGINT NOT NULL, checkpoint TEXT NOT NULL,
  start_offsets TEXT, end_offsets TEXT, throttle TEXT, stopped_at {time}, stored_bytes BIGINT,
  consumer_lag BIGINT, PRIMARY KEY (job_id, shard)))"},
        {"files",
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
  PRIMARY KEY (job_id, list_position)))"},
        {"errors",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_errors (
  job_id VARCHAR(64) NOT NULL, shard INTEGER NOT NULL, list_position INTEGER NOT NULL,
  first_byte BIGINT NOT NULL, end_byte BIGINT NOT NULL, line_count BIGINT NOT NULL,
  first_line BIGINT NOT NULL, last_line BIGINT NOT NULL, reason VARCHAR(32) NOT NULL,
  message TEXT NOT NULL, sample TEXT NOT NULL, approximate INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, shard, list_position, first_byte)))"}},
       {{"shards", "throttle", "TEXT"},
        {"shards", "stopped_at", "{time}"},
        {"shards", "stored_bytes", "BIGINT"},
        {"shards", "consumer_lag", "BIGINT"},
        {"files", "item_ranges", "TEXT", true},
        {"files", "prefix_hash", "TEXT", true},
        {"files", "key_path", "TEXT", true}}},
      {{{"controls",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_controls (
  job_id VARCHAR(64) PRIMARY KEY, paused INTEGER NOT NULL DEFAULT 0,
  max_messages_per_second BIGINT, max_bytes_per_second BIGINT, max_consumer_lag BIGINT,
  lag_groups TEXT, updated_at {time} NOT NULL, max_errors TEXT))"}},
       {{"controls", "max_errors", "TEXT"}}},
      {{{"prints",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_prints (
  job_id VARCHAR(64) PRIMARY KEY, print TEXT NOT NULL, made_at {time} NOT NULL))"}}},
      {{{"verdicts",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_verdicts (
  job_id VARCHAR(64) PRIMARY KEY, verdict VARCHAR(16) NOT NULL, verified_at {time} NOT NULL,
  counts_only INTEGER NOT NULL, sent BIGINT NOT NULL, expected BIGINT NOT NULL,
  found BIGINT NOT NULL, missing BIGINT NOT NULL, doubled BIGINT NOT NULL,
  altered BIGINT NOT NULL, doubts BIGINT NOT NULL))"}}},
      {{{"leases",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_leases (
  name VARCHAR(128) PRIMARY KEY, owner VARCHAR(64) NOT NULL, generation BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL))"},
        {"pods",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_pods (
  uid VARCHAR(64) PRIMARY KEY, job_id VARCHAR(64) NOT NULL, name TEXT NOT NULL,
  worker_index INTEGER NOT NULL, started_at TEXT, ended_at TEXT, exit_code INTEGER, reason TEXT,
  log TEXT))",
         {"CREATE INDEX IF NOT EXISTS reprocessing_pods_job_id_idx ON reprocessing_pods "
          "(job_id)"}}}},
      {{{"submissions",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_submissions (
  job_id VARCHAR(64) PRIMARY KEY, cluster VARCHAR(64) NOT NULL, namespace VARCHAR(64) NOT NULL,
  job_uid VARCHAR(64) NOT NULL, generation BIGINT NOT NULL,
  parallelism INTEGER NOT NULL, suspended INTEGER NOT NULL, plan_hash TEXT, options TEXT NOT NULL,
  submitted_by TEXT NOT NULL, reason TEXT, phase TEXT,
  submitted_at {time} NOT NULL, ended_at {time}))"}}},
      {{{"plans",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_plans (
  job_id VARCHAR(64) NOT NULL, shard INTEGER NOT NULL, part INTEGER NOT NULL,
  items TEXT NOT NULL, sha256 VARCHAR(64) NOT NULL, PRIMARY KEY (job_id, shard, part)))"}}},
      {{{"line_sets",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_line_sets (
  job_id VARCHAR(64) NOT NULL, list_position INTEGER NOT NULL, part INTEGER NOT NULL,
  bits {bytes} NOT NULL, PRIMARY KEY (job_id, list_position, part)))"}}},
      {{{"searches",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_searches (
  name VARCHAR(64) PRIMARY KEY, kept_ms BIGINT NOT NULL, state {bytes} NOT NULL))"}}},
      {{{"audit",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_audit (
  at_ms BIGINT NOT NULL, id VARCHAR(32) NOT NULL, who TEXT NOT NULL, from_address TEXT NOT NULL,
  verb VARCHAR(32) NOT NULL, job_id TEXT, reason TEXT, before_text TEXT, after_text TEXT,
  request_id TEXT NOT NULL, status INTEGER NOT NULL, PRIMARY KEY (at_ms, id)))",
         {"CREATE INDEX IF NOT EXISTS reprocessing_audit_job_id_idx ON reprocessing_audit "
          "(job_id)"}}}},
      {{{"audit_request_id_idx",
         "CREATE INDEX IF NOT EXISTS reprocessing_audit_request_id_idx ON reprocessing_audit "
         "(request_id)"}},
       {},
       "audit"},
      {{{"sessions",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_sessions (
  hash VARCHAR(64) PRIMARY KEY, who TEXT NOT NULL, operates INTEGER NOT NULL,
  expires_ms BIGINT NOT NULL))"}}},
      {{{"idempotency",
         R"(CREATE TABLE IF NOT EXISTS reprocessing_idempotency (
  key_hash VARCHAR(64) PRIMARY KEY, body_hash VARCHAR(64) NOT NULL, began_ms BIGINT NOT NULL,
  status INTEGER, body TEXT, location TEXT))"}},
       {{"idempotency", "job_id", "TEXT"}}}};
  return kGroups;
}

// Of all tables and indexes, with commas between them.
std::string AllNames() {
  std::string names;
  for (const Group& group : Groups()) {
    for (const Table& table : group.tables) {
      names += fmt::format("{}reprocessing_{}", names.empty() ? "" : ",", table.name);
    }
  }
  return names;
}

// The column's default: what the contract writes for PostgreSQL, what SQLite understands.
std::string_view DefaultNow(Backend backend) {
  return backend == Backend::kPostgres ? "NOW()" : "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";
}

std::string Filled(std::string_view statement, const Session& session) {
  const Dialect& dialect = session.dialect();
  return fmt::format(fmt::runtime(statement), fmt::arg("time", dialect.time),
                     fmt::arg("json", dialect.json), fmt::arg("bytes", dialect.bytes),
                     fmt::arg("retry_of", dialect.retry_of),
                     fmt::arg("now", DefaultNow(session.url().backend)));
}

using Statements = std::vector<std::string>;

// What makes those of the group's tables that are missing.
Statements MissingTables(const Session& session, const Group& group, const Schema& there) {
  Statements statements;
  for (const Table& table : group.tables) {
    if (there.Has(table.name)) continue;
    statements.push_back(Filled(table.create, session));
    statements.insert(statements.end(), table.indexes.begin(), table.indexes.end());
  }
  return statements;
}

// `if_missing`: what stands before the column's name where the statement is to say so itself.
std::string AddColumn(const Session& session, const Addition& addition,
                      std::string_view if_missing = {}) {
  return fmt::format("ALTER TABLE reprocessing_{} ADD COLUMN {}{} {}", addition.table, if_missing,
                     addition.column, Filled(addition.type, session));
}

bool IsMissing(const Addition& addition, const Schema& there) {
  return there.Has(addition.table) && !there.Has(addition.table, addition.column);
}

bool IsComplete(const Group& group, const Schema& there) {
  return std::ranges::all_of(group.tables,
                             [&](const Table& table) { return there.Has(table.name); }) &&
         std::ranges::none_of(group.additions,
                              [&](const Addition& a) { return IsMissing(a, there); });
}

bool IsComplete(const Schema& there) {
  return std::ranges::all_of(Groups(),
                             [&](const Group& group) { return IsComplete(group, there); });
}

// Runs what is still missing once the lock is held.
Result<void> Make(Session& session, const std::function<Statements(const Schema&)>& missing) {
  auto made = Alone(session, [&]() -> Result<void> {
    TRY(const Schema there, Inspect(session));
    for (const auto& statement : missing(there)) TRY_OK(session.Execute(statement));
    return {};
  });
  if (made) return {};
  return std::unexpected(WithContext("make the tables", std::move(made).error()));
}

// The schema that the URL names. Not being allowed to make it is found out by the tables.
Result<void> EnsureNamedSchemas(Session& session) {
  for (const auto& name : session.url().schemas) {
    TRY(const auto found,
        session.Select("SELECT 1 FROM pg_namespace WHERE nspname = :name", 1, {{"name", name}}));
    if (!found.empty() || name == "$user") continue;
    std::string quoted;
    for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    const auto made = Make(session, [&](const Schema&) {
      return Statements{fmt::format("CREATE SCHEMA IF NOT EXISTS \"{}\"", quoted)};
    });
    if (!made && !Denied(made.error())) return made;
    return {};  // of a path, the first is the one that tables are made in
  }
  return {};
}

Result<void> EnsureContract(Session& session, const Schema& there) {
  if (there.HasContract()) return {};
  auto made = Make(
      session, [&](const Schema& now) { return MissingTables(session, Groups().front(), now); });
  if (made) return {};
  Error error = std::move(made).error();
  if (Denied(error) || error.code == Code::kNotFound) error = NoTables(std::move(error.what));
  return std::unexpected(std::move(error));
}

// Tables and columns: whoever may not make one goes on without it.
Result<void> MakeIfAllowed(Session& session, const Schema& there,
                           const std::function<Statements(const Schema&)>& missing) {
  if (missing(there).empty()) return {};
  auto made = Make(session, missing);
  if (made || Denied(made.error())) return {};
  return made;
}

Result<void> EnsureGroup(Session& session, const Group& group) {
  TRY(Schema there, Inspect(session));
  if (IsComplete(group, there) || (!group.of.empty() && !there.Has(group.of))) return {};
  TRY_OK(MakeIfAllowed(session, there,
                       [&](const Schema& now) { return MissingTables(session, group, now); }));
  TRY(there, Inspect(session));
  for (const Addition& addition : group.additions) {
    TRY_OK(MakeIfAllowed(session, there, [&](const Schema& now) {
      return IsMissing(addition, now) ? Statements{AddColumn(session, addition)} : Statements{};
    }));
  }
  return {};
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

Result<Schema> Inspect(Session& session) {
  constexpr std::size_t kPrefix = std::string_view("reprocessing_").size();
  TRY(const auto rows,
      session.Select(std::string(session.dialect().columns), 2, {{"names", AllNames()}}));
  Schema there;
  for (const Row& row : rows) there.Add(row.Text(0).substr(kPrefix), row.Text(1));
  return there;
}

Result<Schema> EnsureSchema(Session& session) {
  TRY_OK(session.Open());
  TRY(Schema there, Inspect(session));
  if (IsComplete(there)) return there;
  if (session.url().backend == Backend::kPostgres) TRY_OK(EnsureNamedSchemas(session));
  TRY_OK(EnsureContract(session, there));
  for (const Group& group : Groups()) TRY_OK(EnsureGroup(session, group));
  TRY(there, Inspect(session));
  for (const Group& group : Groups()) {
    for (const Addition& addition : group.additions) {
      if (!addition.needed || !there.HasOwnTables() || !IsMissing(addition, there)) continue;
      return std::unexpected(WithContext(
          "make the tables",
          NoTables(fmt::format("reprocessing_{} lacks {}", addition.table, addition.column))));
    }
  }
  return there;
}

std::string SchemaDdl() {
  const Session session(DatabaseUrl{
      .backend = Backend::kPostgres, .connect = "", .schemas = {}, .display = "", .secrets = {}});
  std::string ddl;
  for (const Group& group : Groups()) {
    for (const std::string& statement : MissingTables(session, group, {})) ddl += statement + ";\n";
    for (const Addition& addition : group.additions) {
      ddl += AddColumn(session, addition, "IF NOT EXISTS ") + ";\n";
    }
  }
  return ddl;
}

}  // namespace reprocess
