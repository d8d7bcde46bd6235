#include "store/sqlite.h"

#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/driver_error.h"

namespace reprocess {
namespace {

constexpr int kLockWaitMs = 10'000;
constexpr std::size_t kMostKept = 100;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

struct Prepared {
  Statement statement;
  std::vector<std::string> names;  // of its places
};

// Ends what the statement holds of the database: a lock, or a view of it.
struct Reset {
  void operator()(sqlite3_stmt* statement) const { sqlite3_reset(statement); }
};
using InUse = std::unique_ptr<sqlite3_stmt, Reset>;

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(Database database, const DatabaseUrl& url)
      : database_(std::move(database)), url_(url) {}

  Result<Answer> Run(const std::string& sql, const std::vector<Arg>& args) override {
    TRY(const Prepared* prepared, PreparedOf(sql));
    const InUse statement(prepared->statement.get());
    TRY(const auto values, ValuesFor(prepared->names, args));
    int at = 0;
    for (const Arg::Value* value : values) {
      if (Bind(statement.get(), ++at, *value) != SQLITE_OK) return Failed();
    }
    Answer answer;
    int result;
    while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
      answer.rows.push_back(RowOf(statement.get()));
    }
    if (result != SQLITE_DONE) return Failed();
    answer.changed = static_cast<std::uint64_t>(sqlite3_changes(database_.get()));
    return answer;
  }

  Result<std::vector<Answer>> RunAll(std::span<const std::string> statements,
                                     const std::vector<Arg>& args) override {
    std::vector<Answer> answers;
    for (const std::string& statement : statements) {
      TRY(answers.emplace_back(), Run(statement, args));
    }
    return answers;
  }

  // To write, with the write lock from the beginning on: two that read first could not both go on.
  Result<void> Begin(Access access) override {
    TRY_OK(Run(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN", {}));
    return {};
  }

 private:
  std::unexpected<Error> Failed() const {
    return std::unexpected(SqliteError(url_, "use", sqlite3_extended_errcode(database_.get()),
                                       sqlite3_errmsg(database_.get())));
  }

  // Kept, by its text: an INSERT of many rows is parsed once. Those of texts that are made for one
  // question would only pile up.
  Result<const Prepared*> PreparedOf(const std::string& sql) {
    const auto kept = kept_.find(sql);
    if (kept != kept_.end()) return &kept->second;
    if (kept_.size() >= kMostKept) kept_.clear();
    Positional positional = PositionalOf(sql, Places::kEach);
    sqlite3_stmt* made = nullptr;
    const int size = static_cast<int>(positional.sql.size());
    if (sqlite3_prepare_v2(database_.get(), positional.sql.data(), size, &made, nullptr) !=
        SQLITE_OK) {
      return Failed();
    }
    return &kept_.emplace(sql, Prepared{Statement(made), std::move(positional.names)})
                .first->second;
  }

  static int Bind(sqlite3_stmt* statement, int at, const Arg::Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      return sqlite3_bind_int64(statement, at, *number);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
      return sqlite3_bind_text64(statement, at, text->data(), text->size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    }
    if (const auto* bytes = std::get_if<Bytes>(&value)) {
      return sqlite3_bind_blob64(statement, at, bytes->value.data(), bytes->value.size(),
                                 SQLITE_STATIC);
    }
    return sqlite3_bind_null(statement, at);
  }

  static Row RowOf(sqlite3_stmt* statement) {
    const int columns = sqlite3_column_count(statement);
    std::vector<std::optional<std::string>> cells(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      if (text == nullptr) continue;
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
      cells[static_cast<std::size_t>(i)] = std::string(text, size);
    }
    return Row(std::move(cells));
  }

  const Database database_;
  const DatabaseUrl url_;
  std::map<std::string, Prepared> kept_;
};

}  // namespace

Result<std::unique_ptr<Connection>> OpenSqlite(const DatabaseUrl& url) {
  const auto folder = std::filesystem::path(url.connect).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) {
    return Fatal(fmt::format("make the folder of the database: {}", failed.message()),
                 folder.string(), "name a path that can be written with --database");
  }
  sqlite3* made = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int result = sqlite3_open_v2(url.connect.c_str(), &made, kFlags, nullptr);
  Database database(made);
  if (result != SQLITE_OK) {
    return std::unexpected(SqliteError(url, "open", result, sqlite3_errstr(result)));
  }
  sqlite3_busy_timeout(database.get(), kLockWaitMs);
  auto connection = std::make_unique<SqliteConnection>(std::move(database), url);
  for (const char* pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"}) {
    TRY_OK(connection->Run(pragma, {}));
  }
  return connection;
}

}  // namespace reprocess
