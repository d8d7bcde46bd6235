// A connection to PostgreSQL or SQLite that is made again after a loss: statements in, rows as text
// out.
//
//   statements hold :name for every value, and nothing of a value
//   hangs      no call waits for ever: postgres.h says how long, SQLite's locks 10 s
//   loss       an error with kWait drops the connection; the next call makes a new one. Whether
//              what a lost COMMIT ended took effect is not known: it is done again
//   threads    one at a time
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/connection.h"
#include "store/database_url.h"

namespace reprocess {

// Where the two backends' SQL differs: pieces of statements, never values.
struct Dialect {
  std::string_view now;         // the time, as a column of type `time` holds it
  std::string_view now_ms;      // milliseconds since 1970
  std::string_view for_share;   // after a SELECT: the row stays as it is until the transaction ends
  std::string_view time, json;  // column types
  std::string_view tables;      // SELECT the names of those of our tables that exist
  std::string_view guard;       // SELECT 1 when reprocessing_workers has a column `generation`
  std::string_view throttle;    // SELECT 1 when reprocessing_shards has a column `throttle`
  std::string_view ranges;      // SELECT 1 when reprocessing_files has a column `item_ranges`
  std::string_view prefix_hash;  // … and `prefix_hash`
  std::string_view signs;        // … whether reprocessing_shards has the column `stored_bytes`
  std::string_view max_errors;   // … whether reprocessing_controls has the column `max_errors`
  std::string_view updated_at;   // expression: that column as text, to the last digit
  std::string_view key_path;     // … and `key_path`
  std::string_view made_by;      // expression: the mark in a job's configuration, from `config`
  std::string_view retry_of;     // … and whose failed lines it sends
};

class Session {
 public:
  explicit Session(DatabaseUrl url) : url_(std::move(url)) {}

  const Dialect& dialect() const;
  const DatabaseUrl& url() const { return url_; }

  // Makes the connection if there is none.
  Result<void> Open();

  // Rows that a statement changed.
  Result<std::uint64_t> Execute(const std::string& sql, std::vector<Arg> args = {});
  // All rows of a SELECT; an error where they have fewer than `columns` columns.
  Result<std::vector<Row>> Select(const std::string& sql, std::size_t columns,
                                  std::vector<Arg> args = {});
  // Commits when `work` succeeds, else takes all of it back. In SQLite the write lock is held from
  // the beginning on.
  Result<void> InTransaction(const std::function<Result<void>()>& work);

 private:
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
