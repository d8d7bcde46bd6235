#include "store/connection.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>

namespace reprocess {
namespace {

bool IsOfName(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return c == '_' || (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
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

Result<Positional> PositionalOf(const std::string& sql, const std::vector<Arg>& args, char mark) {
  struct Place {
    const Arg* arg;
    std::size_t number = 0;  // from 1; 0: not met yet
  };
  std::unordered_map<std::string_view, Place> places;
  for (const Arg& arg : args) places.emplace(arg.name, Place{&arg});
  Positional statement;
  for (std::size_t at = 0, end; at < sql.size(); at = end) {
    end = EndOfPiece(sql, at);
    const std::string_view piece(sql.data() + at, end - at);
    if (piece.size() == 1 || piece[0] != ':' || piece[1] == ':') {
      statement.sql += piece;
      continue;
    }
    const auto place = places.find(piece.substr(1));
    if (place == places.end()) {
      return Fatal(fmt::format("use the database: a statement has no value for {}", piece));
    }
    std::size_t& number = place->second.number;
    if (number == 0) {
      statement.args.push_back(place->second.arg);
      number = statement.args.size();
    }
    statement.sql += fmt::format("{}{}", mark, number);
  }
  return statement;
}

}  // namespace reprocess
