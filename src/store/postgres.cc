#include "store/postgres.h"

#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "store/driver_error.h"

namespace reprocess {
namespace {

// What an answer may take on its way once the server has given up by itself.
constexpr Milliseconds kAnswerMargin{5'000};
// A process frozen inside a transaction must not hold its successor's rows for ever.
constexpr Milliseconds kIdleInTransaction{5'000};

struct Free {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};

std::string QuotedIdentifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// Rows are read in pages, in the order of their keys. Of a job that the planner has no statistics of
// yet it expects few rows, and would gather and sort all of the job's for each page by a bitmap.
std::string BeginText(const DatabaseUrl& url, std::string_view isolation) {
  std::string path;
  for (const auto& schema : url.schemas) {
    path += (path.empty() ? "" : ", ") + QuotedIdentifier(schema);
  }
  return fmt::format(
      "BEGIN ISOLATION LEVEL {3}; SET LOCAL statement_timeout = {0}; "
      "SET LOCAL lock_timeout = {0}; SET LOCAL idle_in_transaction_session_timeout = {1}; "
      "SET LOCAL enable_bitmapscan = off; SET LOCAL search_path TO {2}",
      url.statement_limit.count(), kIdleInTransaction.count(), path.empty() ? "DEFAULT" : path,
      isolation);
}

Answer AnswerOf(const PGresult* result) {
  Answer answer;
  const auto columns = static_cast<std::size_t>(PQnfields(result));
  for (int row = 0; row < PQntuples(result); ++row) {
    std::vector<std::optional<std::string>> cells(columns);
    for (int i = 0; i < PQnfields(result); ++i) {
      if (PQgetisnull(result, row, i) != 0) continue;
      const auto size = static_cast<std::size_t>(PQgetlength(result, row, i));
      cells[static_cast<std::size_t>(i)] = std::string(PQgetvalue(result, row, i), size);
    }
    answer.rows.emplace_back(std::move(cells));
  }
  answer.changed = std::strtoull(PQcmdTuples(const_cast<PGresult*>(result)), nullptr, 10);
  return answer;
}

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(std::unique_ptr<PGconn, Free> connection, const DatabaseUrl& url)
      : connection_(std::move(connection)),
        url_(url),
        write_(BeginText(url, "READ COMMITTED")),
        snapshot_(BeginText(url, "REPEATABLE READ READ ONLY")) {}

  Result<Answer> Run(const std::string& sql, const std::vector<Arg>& args) override {
    TRY_OK(Send(sql, args));
    return Answered();
  }

  Result<std::vector<Answer>> RunAll(std::span<const std::string> statements,
                                     const std::vector<Arg>& args) override {
    if (PQenterPipelineMode(connection_.get()) != 1) return Lost();
    for (const std::string& statement : statements) TRY_OK(Send(statement, args));
    if (PQpipelineSync(connection_.get()) != 1) return Lost();
    const SteadyTime deadline = Deadline();
    TRY_OK(Flush(deadline));
    std::vector<Answer> answers;
    std::optional<Error> error;  // the first; what follows is not carried out
    for (std::size_t i = 0; i < statements.size(); ++i) {
      auto answer = Collect(deadline);
      if (!answer && answer.error().remedy == Remedy::kWait) return std::unexpected(answer.error());
      if (answer) {
        answers.push_back(*std::move(answer));
      } else if (!error) {
        error = std::move(answer).error();
      }
    }
    TRY_OK(Collect(deadline));  // the synchronisation's
    if (PQexitPipelineMode(connection_.get()) != 1) return Lost();
    if (error) return std::unexpected(*std::move(error));
    return answers;
  }

  Result<void> Begin(Access access) override {
    const std::string& begin = access == Access::kWrite ? write_ : snapshot_;
    if (PQsendQuery(connection_.get(), begin.c_str()) != 1) return Lost();
    TRY_OK(Answered());
    return {};
  }

 private:
  Result<void> Send(const std::string& sql, const std::vector<Arg>& args) {
    const Positional statement = PositionalOf(sql, Places::kNumbered);
    TRY(const auto given, ValuesFor(statement.names, args));
    std::vector<std::string> texts(given.size());
    std::vector<const char*> values(given.size(), nullptr);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Arg::Value& value = *given[i];
      if (std::holds_alternative<std::nullptr_t>(value)) continue;
      if (const auto* text = std::get_if<std::string>(&value)) {
        values[i] = text->c_str();
        continue;
      }
      const auto* number = std::get_if<std::int64_t>(&value);
      texts[i] =
          number != nullptr ? std::to_string(*number) : "\\x" + Hex(std::get<Bytes>(value).value);
      values[i] = texts[i].c_str();
    }
    if (PQsendQueryParams(connection_.get(), statement.sql.c_str(), static_cast<int>(values.size()),
                          nullptr, values.data(), nullptr, nullptr, 0) != 1) {
      return Lost();
    }
    return {};
  }

  SteadyTime Deadline() const { return SystemClock().Now() + url_.statement_limit + kAnswerMargin; }

  Result<Answer> Answered() {
    const SteadyTime deadline = Deadline();
    TRY_OK(Flush(deadline));
    return Collect(deadline);
  }

  // Of what was sent at once: the last result, or the first error. Of a pipeline: the next statement's.
  Result<Answer> Collect(SteadyTime deadline) {
    Answer answer;
    std::optional<Error> error;
    for (;;) {
      while (PQisBusy(connection_.get()) != 0) {
        TRY_OK(Await(POLLIN, deadline));
        if (PQconsumeInput(connection_.get()) == 0) return Lost();
      }
      const std::unique_ptr<PGresult, Free> result(PQgetResult(connection_.get()));
      if (!result) break;
      const ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_PIPELINE_SYNC) break;
      if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        answer = AnswerOf(result.get());
      } else if (!error) {
        error = ErrorOf(result.get());
      }
    }
    if (error) return std::unexpected(*std::move(error));
    return answer;
  }

  Result<void> Flush(SteadyTime deadline) {
    for (int left; (left = PQflush(connection_.get())) != 0;) {
      if (left < 0) return Lost();
      TRY_OK(Await(POLLIN | POLLOUT, deadline));
      if (PQconsumeInput(connection_.get()) == 0) return Lost();
    }
    return {};
  }

  Result<void> Await(short events, SteadyTime deadline) {
    for (;;) {
      const auto left = std::chrono::ceil<Milliseconds>(deadline - SystemClock().Now());
      if (left <= Milliseconds{0}) return TimedOut();
      pollfd socket{.fd = PQsocket(connection_.get()), .events = events, .revents = 0};
      const int ready = poll(&socket, 1, static_cast<int>(left.count()));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return Lost();
    }
  }

  Error ErrorOf(const PGresult* result) const {
    const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const bool lost = state == nullptr && PQstatus(connection_.get()) == CONNECTION_BAD;
    if (lost) state = kConnectionLost;
    return PostgresError(url_, state == nullptr ? "" : state, PQresultErrorMessage(result));
  }

  std::unexpected<Error> Lost() const {
    return std::unexpected(PostgresError(url_, kConnectionLost, PQerrorMessage(connection_.get())));
  }

  std::unexpected<Error> TimedOut() const {
    const auto waited = url_.statement_limit + kAnswerMargin;
    return std::unexpected(
        Error{.remedy = Remedy::kWait,
              .what = fmt::format("use the database: no answer in {} s",
                                  std::chrono::round<std::chrono::seconds>(waited).count()),
              .where = url_.display,
              .hint = "",
              .code = Code::kTimedOut});
  }

  static constexpr const char* kConnectionLost = "08006";

  const std::unique_ptr<PGconn, Free> connection_;
  const DatabaseUrl url_;
  const std::string write_, snapshot_;  // how such a transaction begins
};

}  // namespace

Result<std::unique_ptr<Connection>> ConnectPostgres(const DatabaseUrl& url) {
  std::unique_ptr<PGconn, Free> connection(PQconnectdb(url.connect.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return std::unexpected(ConnectError(url, PQerrorMessage(connection.get())));
  }
  PQsetnonblocking(connection.get(), 1);
  // Notices would go to stderr.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  return std::make_unique<PostgresConnection>(std::move(connection), url);
}

}  // namespace reprocess
