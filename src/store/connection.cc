#include "store/connection.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/characters.h"

namespace reprocess {
namespace {

bool IsOfName(char c) {
  return c == '_' || IsLetterOrDigit(c);
}

// Just past the piece of a statement that begins at `at`: a text in quotes, a name, a cast, or one
// character.
std::size_t EndOfPiece(const std::string& sql, std::size_t at) {
  const char c = sql[at];
  if (c == '\'' || c == '"') return std::min(sql.find(c, at + 1), sql.size() - 1) + 1;
  std::size_t end = at + 1;
  if (c != ':' || end == sql.size()) return end;
  if (sql[end] == ':') return end + 1;
  while (end < sql.size() && IsOfName(sql[end])) ++end;
  return end;
}

}  // namespace

std::int64_t Row::Number(std::size_t at) const {
  const std::string text = Text(at);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Positional PositionalOf(const std::string& sql, Places places) {
  Positional statement;
  for (std::size_t at = 0, end; at < sql.size(); at = end) {
    end = EndOfPiece(sql, at);
    const std::string_view piece(sql.data() + at, end - at);
    if (piece.size() == 1 || piece[0] != ':' || piece[1] == ':') {
      statement.sql += piece;
      continue;
    }
    std::vector<std::string>& names = statement.names;
    const auto known =
        places == Places::kEach ? names.end() : std::ranges::find(names, piece.substr(1));
    const auto number = known - names.begin() + 1;
    if (known == names.end()) names.emplace_back(piece.substr(1));
    statement.sql += places == Places::kEach ? "?" : fmt::format("${}", number);
  }
  return statement;
}

Result<std::vector<const Arg::Value*>> ValuesFor(const std::vector<std::string>& names,
                                                 const std::vector<Arg>& args) {
  std::vector<const Arg::Value*> values;
  values.reserve(names.size());
  std::size_t at = 0;
  for (const std::string& name : names) {
    std::size_t looked = 0;
    while (looked < args.size() && args[at % args.size()].name != name) ++at, ++looked;
    if (looked == args.size()) {
      return Fatal(fmt::format("use the database: a statement has no value for :{}", name));
    }
    values.push_back(&args[at % args.size()].value);
  }
  return values;
}

}  // namespace reprocess
