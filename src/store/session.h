// A connection to PostgreSQL or SQLite that is made again after a loss: statements in, rows as text
// out.
//
//   statements hold :name for every value, and nothing of a value
//   hangs      no call waits for ever: postgres.h says how long, SQLite's locks 10 s
//   loss       an error with kWait drops the connection; the next call makes a new one. One that
//              turns out to be lost when a transaction begins is made again at once. Whether what a
//              lost COMMIT ended took effect is not known: it is done again
//   threads    one at a time
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/connection.h"
#include "store/database_url.h"

namespace reprocess {

// Where the two backends' SQL differs: pieces of statements, never values.
struct Dialect {
  std::string_view now;        // the time, as a column of type `time` holds it
  std::string_view now_ms;     // milliseconds since 1970
  std::string_view for_share;  // after a SELECT: the row stays as it is until the transaction ends
  std::string_view time, json, bytes;  // column types
  std::string_view hex;                // expression: two digits for each byte of a column, {}
  std::string_view columns;     // SELECT name and column of the tables and indexes in `names`
  std::string_view updated_at;  // expression: that column as text, to the last digit
  std::string_view made_by;     // expression: the mark in a job's configuration, from `config`
  std::string_view retry_of;    // … and whose failed lines it sends
};

// A SELECT, and how many columns it has.
struct Question {
  std::string sql;
  std::size_t columns = 0;
};

class Session {
 public:
  explicit Session(DatabaseUrl url) : url_(std::move(url)) {}

  const Dialect& dialect() const;
  const DatabaseUrl& url() const { return url_; }

  // Makes the connection if there is none.
  Result<void> Open();

  // Rows that a statement changed.
  Result<std::uint64_t> Execute(const std::string& sql, const std::vector<Arg>& args = {});
  // All rows of a SELECT; an error where they have fewer than `columns` columns.
  Result<std::vector<Row>> Select(const std::string& sql, std::size_t columns,
                                  std::vector<Arg> args = {});
  // Several SELECTs of one moment, asked in one go, with `args` for all of them: the rows of each.
  Result<std::vector<std::vector<Row>>> SelectTogether(std::span<const Question> questions,
                                                       std::vector<Arg> args);
  // Commits when `work` succeeds, else takes all of it back. In SQLite the write lock is held from
  // the beginning on.
  Result<void> InTransaction(const std::function<Result<void>()>& work);
  // What `reads` selects is of one moment.
  Result<void> AtOneMoment(const std::function<Result<void>()>& reads);

 private:
  static Result<std::vector<Row>> RowsOf(Answer answer, std::size_t columns);
  Result<void> Within(Access access, const std::function<Result<void>()>& work);
  // A statement by itself is a transaction of its own.
  Result<Answer> Run(const std::string& sql, const std::vector<Arg>& args);
  // Drops the connection when what was done on it says so.
  template <class T>
  Result<T> Kept(Result<T> done);

  DatabaseUrl url_;
  std::unique_ptr<Connection> connection_;
  bool in_transaction_ = false;
};

}  // namespace reprocess
