// One connection to PostgreSQL or SQLite: statements in, rows as text out. session.cc is the one
// file that knows SOCI and the two backends' errors.
//
//   statements hold :name for every value, and nothing of a value; each name of `args` occurs in
//              the statement at least once
//   loss       an error with kWait drops the connection; the next call makes a new one
//   threads    one at a time
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "status/database_url.h"

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
  std::string_view max_errors;   // … whether reprocessing_controls has the column `max_errors`
  std::string_view made_by;      // expression: the mark in a job's configuration, from `config`
  std::string_view retry_of;     // … and whose failed lines it sends
};

class Row {
 public:
  explicit Row(std::vector<std::optional<std::string>> cells) : cells_(std::move(cells)) {}
  std::string Text(std::size_t at) const { return cells_[at].value_or(""); }
  bool IsNull(std::size_t at) const { return !cells_[at]; }
  std::int64_t Number(std::size_t at) const;  // 0 for NULL
  std::uint64_t Count(std::size_t at) const { return static_cast<std::uint64_t>(Number(at)); }

 private:
  std::vector<std::optional<std::string>> cells_;
};

struct Arg {
  using Value = std::variant<std::nullptr_t, std::int64_t, std::string>;

  Arg(std::string n, std::nullptr_t) : name(std::move(n)) {}
  Arg(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
  Arg(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
  Arg(std::string n, std::string_view v) : name(std::move(n)), value(std::string(v)) {}
  template <std::integral T>
  Arg(std::string n, T v) : name(std::move(n)), value(static_cast<std::int64_t>(v)) {}

  std::string name;
  Value value;
};

inline std::vector<Arg> Joined(std::vector<Arg> args, const std::vector<Arg>& more) {
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

class Session {
 public:
  explicit Session(DatabaseUrl url);
  ~Session();

  const Dialect& dialect() const;
  const DatabaseUrl& url() const { return url_; }

  // Makes the connection if there is none.
  Result<void> Open();

  // Rows that a statement changed.
  Result<std::uint64_t> Execute(const std::string& sql, std::vector<Arg> args = {});
  // All rows of a SELECT of `columns` columns.
  Result<std::vector<Row>> Select(const std::string& sql, std::size_t columns,
                                  std::vector<Arg> args = {});
  // Commits when `work` succeeds, else takes all of it back. In SQLite the write lock is held from
  // the beginning on.
  Result<void> InTransaction(const std::function<Result<void>()>& work);

 private:
  struct Connection;
  Result<void> Guarded(const std::function<void()>& work);
  void Connect();

  DatabaseUrl url_;
  std::unique_ptr<Connection> connection_;
  bool in_transaction_ = false;
};

}  // namespace reprocess
