// One open connection of a backend, as Session uses it, and what goes through it: a statement's
// values in, rows as text out.
//
//   errors     an error with kWait means that the connection is of no more use
//   threads    one at a time
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace reprocess {

class Row {
 public:
  explicit Row(std::vector<std::optional<std::string>> cells) : cells_(std::move(cells)) {}
  std::size_t size() const { return cells_.size(); }
  std::string Text(std::size_t at) const { return cells_[at].value_or(""); }
  bool IsNull(std::size_t at) const { return !cells_[at]; }
  std::int64_t Number(std::size_t at) const;  // 0 for NULL
  std::uint64_t Count(std::size_t at) const { return static_cast<std::uint64_t>(Number(at)); }

 private:
  std::vector<std::optional<std::string>> cells_;
};

// A value that is no text.
struct Bytes {
  std::string value;
};

struct Arg {
  using Value = std::variant<std::nullptr_t, std::int64_t, std::string, Bytes>;

  Arg(std::string n, std::nullptr_t) : name(std::move(n)) {}
  Arg(std::string n, std::string v) : name(std::move(n)), value(std::move(v)) {}
  Arg(std::string n, const char* v) : name(std::move(n)), value(std::string(v)) {}
  Arg(std::string n, std::string_view v) : name(std::move(n)), value(std::string(v)) {}
  Arg(std::string n, Bytes v) : name(std::move(n)), value(std::move(v)) {}
  Arg(std::string_view n, Value v) : name(n), value(std::move(v)) {}
  template <std::integral T>
  Arg(std::string n, T v) : name(std::move(n)), value(static_cast<std::int64_t>(v)) {}

  std::string name;
  Value value;
};

inline std::vector<Arg> Joined(std::vector<Arg> args, const std::vector<Arg>& more) {
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

// A statement with a place for each value, and whose value is in which.
struct Positional {
  std::string sql;
  std::vector<std::string> names;
};
enum class Places : std::uint8_t {
  kNumbered,  // $1 for the first name, wherever it occurs
  kEach,      // ? for each occurrence: SQLite looks numbered ones up one by one
};
// Text in quotes and casts (::) are no names.
Positional PositionalOf(const std::string& sql, Places places);

// The values for these names in their order, borrowed of `args`; an error where one has none. Fast
// where `args` has the order of the names.
Result<std::vector<const Arg::Value*>> ValuesFor(const std::vector<std::string>& names,
                                                 const std::vector<Arg>& args);

struct Answer {
  std::vector<Row> rows;
  std::uint64_t changed = 0;  // rows that the statement inserted, updated or deleted
};

// What a transaction is for. A snapshot's statements see the database as it was at the first of them,
// and change nothing.
enum class Access : std::uint8_t { kWrite, kSnapshot };

class Connection {
 public:
  virtual ~Connection() = default;
  // One statement, :name for each value; a name may occur more than once.
  virtual Result<Answer> Run(const std::string& sql, const std::vector<Arg>& args) = 0;
  // Several, each with those of `args` that it names, without waiting in between.
  virtual Result<std::vector<Answer>> RunAll(std::span<const std::string> statements,
                                             const std::vector<Arg>& args) = 0;
  // Begins a transaction. COMMIT and ROLLBACK are statements like any other.
  virtual Result<void> Begin(Access access) = 0;
};

}  // namespace reprocess
