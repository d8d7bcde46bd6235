#include "status/session.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "status/driver_error.h"
#include "status/soci.h"

namespace reprocess {
namespace {

constexpr Dialect kPostgresDialect = {
    .now = "clock_timestamp()",
    .now_ms = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    .for_share = " FOR SHARE",
    .time = "TIMESTAMPTZ",
    .json = "JSONB",
    .tables =
        "SELECT name FROM unnest(ARRAY['reprocessing_jobs', 'reprocessing_workers', "
        "'reprocessing_shards', 'reprocessing_files', 'reprocessing_errors', "
        "'reprocessing_controls']) AS name WHERE to_regclass(name) IS NOT NULL",
    .guard =
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('reprocessing_workers') "
        "AND attname = 'generation' AND NOT attisdropped",
    .throttle =
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('reprocessing_shards') "
        "AND attname = 'throttle' AND NOT attisdropped",
    .ranges =
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('reprocessing_files') "
        "AND attname = 'item_ranges' AND NOT attisdropped",
    .prefix_hash =
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('reprocessing_files') "
        "AND attname = 'prefix_hash' AND NOT attisdropped",
    .max_errors =
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('reprocessing_controls') "
        "AND attname = 'max_errors' AND NOT attisdropped",
    .made_by = "config ->> 'made_by'",
    .retry_of = "config ->> 'retry_of'",
};

constexpr Dialect kSqliteDialect = {
    .now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    .now_ms =
        "(CAST(strftime('%s', 'now') AS INTEGER) * 1000 + "
        "CAST(substr(strftime('%f', 'now'), 4) AS INTEGER))",
    .for_share = "",
    .time = "TEXT",
    .json = "TEXT",
    .tables =
        "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND name LIKE 'reprocessing!_%' ESCAPE '!'",
    .guard = "SELECT 1 FROM pragma_table_info('reprocessing_workers') WHERE name = 'generation'",
    .throttle = "SELECT 1 FROM pragma_table_info('reprocessing_shards') WHERE name = 'throttle'",
    .ranges = "SELECT 1 FROM pragma_table_info('reprocessing_files') WHERE name = 'item_ranges'",
    .prefix_hash =
        "SELECT 1 FROM pragma_table_info('reprocessing_files') WHERE name = 'prefix_hash'",
    .max_errors =
        "SELECT 1 FROM pragma_table_info('reprocessing_controls') WHERE name = 'max_errors'",
    .made_by = "json_extract(config, '$.made_by')",
    .retry_of = "json_extract(config, '$.retry_of')",
};

std::string QuotedIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// The statement's values, at addresses that stay.
struct BoundArgs {
  explicit BoundArgs(std::vector<Arg> given) : args(std::move(given)), indicators(args.size()) {}

  void BindTo(soci::statement& statement) {
    static std::string none;
    for (std::size_t i = 0; i < args.size(); ++i) {
      const std::string& name = args[i].name;
      indicators[i] = soci::i_ok;
      if (auto* text = std::get_if<std::string>(&args[i].value)) {
        statement.exchange(soci::use(std::as_const(*text), name));
      } else if (auto* number = std::get_if<std::int64_t>(&args[i].value)) {
        statement.exchange(soci::use(std::as_const(*number), name));
      } else {
        indicators[i] = soci::i_null;
        statement.exchange(soci::use(std::as_const(none), indicators[i], name));
      }
    }
  }

  std::vector<Arg> args;
  std::vector<soci::indicator> indicators;
};

}  // namespace

struct Session::Connection {
  soci::session session;
};

std::int64_t Row::Number(std::size_t at) const {
  const std::string text = Text(at);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Session::Session(DatabaseUrl url) : url_(std::move(url)) {}
Session::~Session() = default;

const Dialect& Session::dialect() const {
  return url_.backend == Backend::kPostgres ? kPostgresDialect : kSqliteDialect;
}

Result<void> Session::Open() {
  if (connection_ || url_.backend == Backend::kPostgres) return Guarded([] {});
  const auto folder = std::filesystem::path(url_.connect).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) {
    return Fatal(fmt::format("make the folder of the database: {}", failed.message()),
                 folder.string(), "name a path that can be written with --database");
  }
  return Guarded([] {});
}

void Session::Connect() {
  auto connection = std::make_unique<Connection>();
  soci::session& session = connection->session;
  if (url_.backend == Backend::kSqlite) {
    session.open(soci::sqlite3, fmt::format("db=\"{}\" timeout=10", url_.connect));
    session << "PRAGMA journal_mode = WAL";
    session << "PRAGMA synchronous = FULL";
    session << "PRAGMA foreign_keys = ON";
  } else {
    session.open(soci::postgresql, url_.connect);
    // SET rather than libpq's `options`, which connection poolers refuse.
    session << "SET client_min_messages = error";  // libpq prints the rest on stderr
    session << "SET statement_timeout = 10000";
    session << "SET lock_timeout = 10000";
    // A process frozen inside a transaction must not hold its successor's rows for ever.
    session << "SET idle_in_transaction_session_timeout = 5000";
    session << "SET TIME ZONE 'UTC'";
    std::string path;
    for (const auto& schema : url_.schemas) {
      path += (path.empty() ? "" : ", ") + QuotedIdentifier(schema);
    }
    if (!path.empty()) session << "SET search_path TO " << path;
  }
  connection_ = std::move(connection);
}

Result<void> Session::Guarded(const std::function<void()>& work) {
  std::optional<Error> error;
  if (in_transaction_ && !connection_) {
    return std::unexpected(Error{.remedy = Remedy::kWait,
                                 .what = "use the database: the transaction is lost",
                                 .where = url_.display,
                                 .hint = ""});
  }
  try {
    if (!connection_) Connect();
    work();
  } catch (const std::exception& thrown) {
    error = ErrorOf(thrown, url_);
  }
  if (!error) return {};
  if (error->remedy == Remedy::kWait) connection_.reset();
  return std::unexpected(*std::move(error));
}

Result<std::uint64_t> Session::Execute(const std::string& sql, std::vector<Arg> args) {
  std::uint64_t changed = 0;
  BoundArgs bound(std::move(args));
  TRY_OK(Guarded([&] {
    soci::statement statement(connection_->session);
    bound.BindTo(statement);
    statement.alloc();
    statement.prepare(sql, soci::details::st_one_time_query);
    statement.define_and_bind();
    statement.execute(true);
    changed = static_cast<std::uint64_t>(std::max(0LL, statement.get_affected_rows()));
  }));
  return changed;
}

Result<std::vector<Row>> Session::Select(const std::string& sql, std::size_t columns,
                                         std::vector<Arg> args) {
  std::vector<Row> rows;
  BoundArgs bound(std::move(args));
  std::vector<std::string> cells(columns);
  std::vector<soci::indicator> indicators(columns, soci::i_ok);
  TRY_OK(Guarded([&] {
    soci::statement statement(connection_->session);
    bound.BindTo(statement);
    for (std::size_t i = 0; i < columns; ++i) {
      statement.exchange(soci::into(cells[i], indicators[i]));
    }
    statement.alloc();
    statement.prepare(sql, soci::details::st_one_time_query);
    statement.define_and_bind();
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      std::vector<std::optional<std::string>> row(columns);
      for (std::size_t i = 0; i < columns; ++i) {
        if (indicators[i] != soci::i_null) row[i] = cells[i];
      }
      rows.emplace_back(std::move(row));
    }
  }));
  return rows;
}

Result<void> Session::InTransaction(const std::function<Result<void>()>& work) {
  const bool postgres = url_.backend == Backend::kPostgres;
  TRY_OK(Execute(postgres ? "BEGIN" : "BEGIN IMMEDIATE"));
  in_transaction_ = true;
  Result<void> done = work();
  if (done) {
    if (const auto committed = Execute("COMMIT"); !committed) {
      done = std::unexpected(committed.error());
    }
  }
  in_transaction_ = false;
  if (done) return done;
  // A connection that cannot even roll back is thrown away, and the transaction with it.
  if (connection_ && !Execute("ROLLBACK")) connection_.reset();
  return done;
}

}  // namespace reprocess
