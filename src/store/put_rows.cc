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

// One column's values as PostgreSQL writes an array.
class ArrayText {
 public:
  void Add(const Arg::Value& value) {
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
  std::string Take() { return std::exchange(text_, {}) + '}'; }

 private:
  std::string text_;
};

Result<void> PutAsArrays(Session& session, const PutStatement& put, std::size_t count,
                         const std::function<std::vector<Arg::Value>(std::size_t)>& values_of) {
  std::string same, arrays;
  for (const Arg& arg : put.of_all) {
    same += fmt::format("CAST(:{} AS {}), ", arg.name,
                        std::holds_alternative<std::string>(arg.value) ? "TEXT" : "BIGINT");
  }
  for (const Column& column : put.columns) {
    arrays += fmt::format("{}CAST(:{} AS {}[])", arrays.empty() ? "" : ", ", column.name,
                          column.number ? "BIGINT" : "TEXT");
  }
  const std::string sql =
      fmt::format("{} SELECT {}{}{} FROM unnest({}) AS r ({}) ON CONFLICT {}", InsertInto(put),
                  same, NamesOf(put.columns, "r."), MoreValues(put, "r."), arrays,
                  NamesOf(put.columns), put.on_conflict);
  std::vector<ArrayText> texts(put.columns.size());
  for (std::size_t i = 0; i < count;) {
    for (const std::size_t end = std::min(count, i + kRowsAStatement); i < end; ++i) {
      const std::vector<Arg::Value> row = values_of(i);
      for (std::size_t c = 0; c < row.size(); ++c) texts[c].Add(row[c]);
    }
    std::vector<Arg> args = put.of_all;
    for (std::size_t c = 0; c < texts.size(); ++c) {
      args.emplace_back(put.columns[c].name, Arg::Value(texts[c].Take()));
    }
    TRY_OK(session.Execute(sql, args));
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
