#include "store/session.h"

#include <algorithm>

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
        "SELECT name, attname FROM unnest(ARRAY['reprocessing_jobs', 'reprocessing_workers', "
        "'reprocessing_shards', 'reprocessing_files', 'reprocessing_errors', "
        "'reprocessing_controls', 'reprocessing_prints', 'reprocessing_verdicts', "
        "'reprocessing_leases', 'reprocessing_pods', 'reprocessing_submissions', "
        "'reprocessing_plans', 'reprocessing_line_sets', 'reprocessing_searches', "
        "'reprocessing_audit', 'reprocessing_sessions', 'reprocessing_idempotency', "
        "'reprocessing_jobs_retry_of_idx', 'reprocessing_audit_request_id_idx']) AS name "
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

// Rows of all questions are as wide as the widest, and end with the question's number. Cells are
// texts, as they come anyway.
std::string TogetherText(std::span<const Question> questions, std::size_t most) {
  std::string asked, all;
  for (std::size_t q = 0; q < questions.size(); ++q) {
    std::string names, cells;
    for (std::size_t i = 0; i < most; ++i) {
      const bool has = i < questions[q].columns;
      if (has) names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
      cells += has ? fmt::format("CAST(c{} AS TEXT), ", i) : "CAST(NULL AS TEXT), ";
    }
    asked += fmt::format("{}q{}({}) AS ({})", q == 0 ? "WITH " : ", ", q, names, questions[q].sql);
    all += fmt::format("{}SELECT {}{} FROM q{}", q == 0 ? " " : " UNION ALL ", cells, q, q);
  }
  return asked + all;
}

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

Result<std::vector<Row>> Session::Select(const std::string& sql, std::size_t columns,
                                         std::vector<Arg> args) {
  TRY(Answer answer, Run(sql, args));
  if (!answer.rows.empty() && answer.rows.front().size() < columns) {
    return Fatal(fmt::format("use the database: {} columns where {} were asked for",
                             answer.rows.front().size(), columns));
  }
  return std::move(answer.rows);
}

Result<std::vector<std::vector<Row>>> Session::SelectTogether(std::span<const Question> questions,
                                                              std::vector<Arg> args) {
  const std::size_t most = std::ranges::max(questions, {}, &Question::columns).columns;
  TRY(auto rows, Select(TogetherText(questions, most), most + 1, std::move(args)));
  std::vector<std::vector<Row>> found(questions.size());
  for (Row& row : rows)
    found.at(static_cast<std::size_t>(row.Number(most))).push_back(std::move(row));
  return found;
}

Result<void> Session::InTransaction(const std::function<Result<void>()>& work) {
  return Within(Access::kWrite, work);
}

Result<void> Session::AtOneMoment(const std::function<Result<void>()>& reads) {
  return Within(Access::kSnapshot, reads);
}

Result<void> Session::Within(Access access, const std::function<Result<void>()>& work) {
  TRY_OK(Open());
  TRY_OK(Kept(connection_->Begin(access)));
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
