#include "store/session.h"

#include <fmt/format.h>

#include "store/postgres.h"
#include "store/sqlite.h"

namespace reprocess {
namespace {

constexpr Dialect kPostgresDialect = {
    .now = "clock_timestamp()",
    .now_ms = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    .for_share = " FOR SHARE",
    .time = "TIMESTAMPTZ",
    .json = "JSONB",
    .bytes = "BYTEA",
    .hex = "encode({}, 'hex')",
    .columns =
        "SELECT name, attname FROM unnest(string_to_array(:names, ',')) AS name "
        "JOIN pg_attribute ON attrelid = to_regclass(name) WHERE attnum > 0 AND NOT attisdropped",
    .updated_at = "to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
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
    .bytes = "BLOB",
    .hex = "hex({})",
    .columns =
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table' AND t.name LIKE 'reprocessing!_%' ESCAPE '!' UNION ALL "
        "SELECT i.name, '' FROM sqlite_master i "
        "WHERE i.type = 'index' AND i.name LIKE 'reprocessing!_%' ESCAPE '!'",
    .updated_at = "updated_at",
    .made_by = "json_extract(config, '$.made_by')",
    .retry_of = "json_extract(config, '$.retry_of')",
};

}  // namespace

const Dialect& Session::dialect() const {
  return url_.backend == Backend::kPostgres ? kPostgresDialect : kSqliteDialect;
}

Result<void> Session::Open() {
  if (connection_) return {};
  if (in_transaction_) {
    return std::unexpected(Error{.remedy = Remedy::kWait,
                                 .what = "use the database: the transaction is lost",
                                 .where = url_.display,
                                 .hint = ""});
  }
  TRY(connection_, url_.backend == Backend::kPostgres ? ConnectPostgres(url_) : OpenSqlite(url_));
  return {};
}

template <class T>
Result<T> Session::Kept(Result<T> done) {
  if (!done && done.error().remedy == Remedy::kWait) connection_.reset();
  return done;
}

Result<Answer> Session::Run(const std::string& sql, const std::vector<Arg>& args) {
  if (in_transaction_ || url_.backend == Backend::kSqlite) {
    TRY_OK(Open());
    return Kept(connection_->Run(sql, args));
  }
  Answer answer;
  TRY_OK(InTransaction([&]() -> Result<void> {
    TRY(answer, Run(sql, args));
    return {};
  }));
  return answer;
}

Result<std::uint64_t> Session::Execute(const std::string& sql, const std::vector<Arg>& args) {
  TRY(const Answer answer, Run(sql, args));
  return answer.changed;
}

Result<std::vector<Row>> Session::RowsOf(Answer answer, std::size_t columns) {
  if (!answer.rows.empty() && answer.rows.front().size() < columns) {
    return Fatal(fmt::format("use the database: {} columns where {} were asked for",
                             answer.rows.front().size(), columns));
  }
  return std::move(answer.rows);
}

Result<std::vector<Row>> Session::Select(const std::string& sql, std::size_t columns,
                                         std::vector<Arg> args) {
  TRY(Answer answer, Run(sql, args));
  return RowsOf(std::move(answer), columns);
}

Result<std::vector<std::vector<Row>>> Session::SelectTogether(std::span<const Question> questions,
                                                              std::vector<Arg> args) {
  std::vector<std::string> statements;
  for (const Question& question : questions) statements.push_back(question.sql);
  std::vector<std::vector<Row>> found;
  const auto ask = [&]() -> Result<void> {
    TRY(auto answers, Kept(connection_->RunAll(statements, args)));
    for (std::size_t i = 0; i < questions.size(); ++i) {
      TRY(found.emplace_back(), RowsOf(std::move(answers[i]), questions[i].columns));
    }
    return {};
  };
  TRY_OK(in_transaction_ ? ask() : AtOneMoment(ask));
  return found;
}

Result<void> Session::InTransaction(const std::function<Result<void>()>& work) {
  return Within(Access::kWrite, work);
}

Result<void> Session::AtOneMoment(const std::function<Result<void>()>& reads) {
  return Within(Access::kSnapshot, reads);
}

Result<void> Session::Within(Access access, const std::function<Result<void>()>& work) {
  const bool kept = connection_ != nullptr;
  TRY_OK(Open());
  Result<void> begun = Kept(connection_->Begin(access));
  // One that was lost while nobody used it, as by a restart of the server: nothing was asked of it yet.
  if (!begun && kept && !connection_ && begun.error().code != Code::kTimedOut) {
    TRY_OK(Open());
    begun = Kept(connection_->Begin(access));
  }
  TRY_OK(begun);
  in_transaction_ = true;
  Result<void> done = work();
  if (done) {
    if (const auto committed = Execute("COMMIT"); !committed) {
      done = std::unexpected(committed.error());
    }
  }
  // A connection that cannot even roll back is thrown away, and the transaction with it.
  if (!done && connection_ && !Execute("ROLLBACK")) connection_.reset();
  in_transaction_ = false;
  return done;
}

}  // namespace reprocess
