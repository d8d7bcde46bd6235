#include "store/put_rows.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace reprocess {
namespace {

constexpr std::size_t kRowsAStatement = 1'000;

// What comes before the values.
std::string InsertInto(const PutStatement& put) {
  std::string columns;
  for (const Arg& arg : put.of_all) columns += arg.name + ", ";
  columns += NamesOf(put.columns);
  if (!put.more_columns.empty()) columns += fmt::format(", {}", put.more_columns);
  return fmt::format("INSERT INTO {} ({})", put.table, columns);
}

// The values that the database makes, with `before` in front of each name.
std::string MoreValues(const PutStatement& put, std::string_view before) {
  if (put.more_values.empty()) return {};
  std::string text = ", ";
  for (const char c : put.more_values) {
    if (c == '{') {
      text += before;
    } else if (c != '}') {
      text += c;
    }
  }
  return text;
}

Result<void> PutOneByOne(Session& session, const PutStatement& put, std::size_t count,
                         const std::function<std::vector<Arg::Value>(std::size_t)>& values_of) {
  std::string values;
  for (const Arg& arg : put.of_all) values += fmt::format(":{}, ", arg.name);
  const std::string sql =
      fmt::format("{} VALUES ({}{}{}) ON CONFLICT {}", InsertInto(put), values,
                  NamesOf(put.columns, ":"), MoreValues(put, ":"), put.on_conflict);
  std::vector<Arg> args = put.of_all;
  for (const Column& column : put.columns) args.emplace_back(column.name, Arg::Value());
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<Arg::Value> row = values_of(i);
    for (std::size_t c = 0; c < row.size(); ++c) {
      args[put.of_all.size() + c].value = std::move(row[c]);
    }
    TRY_OK(session.Execute(sql, args));
  }
  return {};
}

bool Alike(const Arg::Value& a, const Arg::Value& b) {
  if (a.index() != b.index()) return false;
  const auto* number = std::get_if<std::int64_t>(&a);
  if (number != nullptr) return *number == std::get<std::int64_t>(b);
  return std::holds_alternative<std::nullptr_t>(a) ||
         std::get<std::string>(a) == std::get<std::string>(b);
}

// One column's values of many rows: a value while they are alike, else what PostgreSQL writes for an
// array.
class ColumnText {
 public:
  explicit ColumnText(bool array) : array_(array) {}

  void Add(const Arg::Value& value) {
    if (rows_ == 0) first_ = value;
    if (!array_ && !Alike(value, first_)) {
      for (std::size_t i = 0; i < rows_; ++i) Append(first_);
      array_ = true;
    }
    if (array_) Append(value);
    ++rows_;
  }
  bool array() const { return array_; }
  Arg::Value Take() { return array_ ? Arg::Value(std::move(text_) + '}') : std::move(first_); }

 private:
  void Append(const Arg::Value& value) {
    text_ += text_.empty() ? '{' : ',';
    if (std::holds_alternative<std::nullptr_t>(value)) {
      text_ += "NULL";
    } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
      fmt::format_to(std::back_inserter(text_), "{}", *number);
    } else {
      text_ += '"';
      for (const char c : std::get<std::string>(value)) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += c;
      }
      text_ += '"';
    }
  }

  bool array_;
  std::size_t rows_ = 0;
  Arg::Value first_;
  std::string text_;
};

// The values of some rows, by column. The first column's are an array in any case: it says how many
// rows there are.
std::vector<ColumnText> ColumnsOfRows(
    std::size_t columns, std::size_t from, std::size_t to,
    const std::function<std::vector<Arg::Value>(std::size_t)>& values_of) {
  std::vector<ColumnText> texts;
  for (std::size_t c = 0; c < columns; ++c) texts.emplace_back(c == 0);
  for (std::size_t i = from; i < to; ++i) {
    const std::vector<Arg::Value> row = values_of(i);
    for (std::size_t c = 0; c < columns; ++c) texts[c].Add(row[c]);
  }
  return texts;
}

Result<void> PutAsArrays(Session& session, const PutStatement& put, std::size_t count,
                         const std::function<std::vector<Arg::Value>(std::size_t)>& values_of) {
  std::string same;
  for (const Arg& arg : put.of_all) {
    same += fmt::format("CAST(:{} AS {}), ", arg.name,
                        std::holds_alternative<std::string>(arg.value) ? "TEXT" : "BIGINT");
  }
  const std::string insert = fmt::format("{} SELECT {}{}{}", InsertInto(put), same,
                                         NamesOf(put.columns, "r."), MoreValues(put, "r."));
  for (std::size_t from = 0; from < count; from += kRowsAStatement) {
    std::vector<ColumnText> texts =
        ColumnsOfRows(put.columns.size(), from, std::min(count, from + kRowsAStatement), values_of);
    std::vector<Arg> args = put.of_all;
    std::string alike, arrays, names;
    for (std::size_t c = 0; c < texts.size(); ++c) {
      const auto& [name, role, number] = put.columns[c];
      const std::string_view type = number ? "BIGINT" : "TEXT";
      if (texts[c].array()) {
        arrays += fmt::format("{}CAST(:{} AS {}[])", arrays.empty() ? "" : ", ", name, type);
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
      } else {
        alike += fmt::format("CAST(:{0} AS {1}) AS {0}, ", name, type);
      }
      args.emplace_back(name, texts[c].Take());
    }
    TRY_OK(session.Execute(
        fmt::format("{} FROM (SELECT {}a.* FROM unnest({}) AS a ({})) AS r ON CONFLICT {}", insert,
                    alike, arrays, names, put.on_conflict),
        args));
  }
  return {};
}

}  // namespace

Result<void> PutRows(Session& session, const PutStatement& put, std::size_t count,
                     const std::function<std::vector<Arg::Value>(std::size_t)>& values_of) {
  return session.url().backend == Backend::kSqlite ? PutOneByOne(session, put, count, values_of)
                                                   : PutAsArrays(session, put, count, values_of);
}

}  // namespace reprocess
