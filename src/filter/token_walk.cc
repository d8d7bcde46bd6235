#include "filter/token_walk.h"

#include <cstring>

#include "base/characters.h"
#include "base/hex_digit.h"
#include "filter/grammar.h"

namespace reprocess {
namespace {

template <class Predicate>
constexpr std::array<bool, 256> TableOf(Predicate predicate) {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c)
    table[static_cast<std::size_t>(c)] = predicate(static_cast<char>(c));
  return table;
}

bool Is(const std::array<bool, 256>& table, char c) {
  return table[static_cast<unsigned char>(c)];
}

constexpr auto kIsHex = TableOf([](char c) { return HexDigit(c) >= 0; });
constexpr auto kIsEscape =
    TableOf([](char c) { return std::string_view("\"\\/bfnrtu").contains(c); });
// What may stand behind a number or word inside a container.
constexpr auto kEndsScalar =
    TableOf([](char c) { return c == ',' || c == '}' || c == ']' || IsJsonSpace(c); });

bool IsWord(const char* text, std::string_view word) {
  return std::memcmp(text, word.data(), word.size()) == 0 && Is(kEndsScalar, text[word.size()]);
}

// `text` ends with a brace, where every run of digits ends too.
bool IsNumber(const char* text) {
  const auto digits = [&text] {
    if (!IsDigit(*text)) return false;
    while (IsDigit(*text)) ++text;
    return true;
  };
  if (*text == '-') ++text;
  if (*text == '0') {
    ++text;
  } else if (!digits()) {
    return false;
  }
  if (*text == '.') {
    ++text;
    if (!digits()) return false;
  }
  if (*text == 'e' || *text == 'E') {
    ++text;
    if (*text == '+' || *text == '-') ++text;
    if (!digits()) return false;
  }
  return Is(kEndsScalar, *text);
}

inline bool IsScalar(char first, const char* text) {
  switch (first) {
    case '"':
      return true;
    case 't':
      return IsWord(text, "true");
    case 'f':
      return IsWord(text, "false");
    case 'n':
      return IsWord(text, "null");
    default:
      return IsNumber(text);
  }
}

}  // namespace

bool TokenWalk::Check(std::string_view text, std::span<const std::uint32_t> tokens) {
  text_ = text.data();
  tokens_ = tokens;
  escapes_ = in_origin_ = false;
  fields_ = {};
  return EscapesAreValid(text) && TakeValues();
}

// All of them in one go. A backslash outside strings begins a token, or stands in a number or word:
// the walk refuses it.
bool TokenWalk::EscapesAreValid(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* c = text.data();
  for (;;) {
    c = static_cast<const char*>(std::memchr(c, '\\', static_cast<std::size_t>(end - c)));
    if (c == nullptr) return true;
    escapes_ = true;
    for (; *c == '\\'; c += 2) {  // escapes come in runs
      if (!Is(kIsEscape, c[1])) return false;
      if (c[1] != 'u') continue;
      // The text ends with a brace, which is no digit.
      for (int i = 2; i < 6; ++i) {
        if (!Is(kIsHex, c[i])) return false;
      }
      c += 4;
    }
  }
}

// From the outermost brace on. One turn of the loop opens a container, or takes a scalar with all
// that closes behind it and the comma; then it takes the key, if one is due, of the next value.
// What is needed at each token is kept in locals: members would have to be stored each time.
bool TokenWalk::TakeValues() {
  const char* const text = text_;
  const std::uint32_t* token = tokens_.data();
  const std::uint32_t* const end = token + tokens_.size();
  std::size_t depth = 0;  // containers that are open
  char closer = '\0';     // of the innermost
  bool spaced = false;
  // The first byte of the next token; after the last one '\0', which begins none.
  const auto next = [&] [[gnu::always_inline]] {
    if (++token >= end) return '\0';
    const char* const place = text + *token;
    // Whatever else is below a space makes some token invalid.
    spaced |= static_cast<unsigned char>(place[-1]) <= ' ';
    return *place;
  };

  for (char c = '{';;) {
    const bool opens = c == '{' || c == '[';
    if (opens) {
      if (depth == kDepth) return false;
      closers_[depth++] = closer;
      closer = c == '{' ? '}' : ']';
    } else if (!IsScalar(c, text + *token)) {
      return false;
    }
    c = next();
    if (!opens || c == closer) {
      while (c == closer) {
        closer = closers_[--depth];
        if (depth == 0) {
          spaced_ = spaced;
          return token + 1 == end;
        }
        c = next();
      }
      if (c != ',') return false;
      c = next();
    }
    if (closer == '}') {
      if (c != '"') return false;
      if (depth <= 2) Note(token, depth);
      if (next() != ':') return false;
      c = next();
    }
  }
}

// Takes note of what belongs to a key of the outermost object, or of the object in it.
void TokenWalk::Note(const std::uint32_t* token, std::size_t depth) {
  if (depth == 2 && !in_origin_) return;
  const std::uint32_t* const value = token + 2;  // behind the colon
  // Too few tokens for a value and what closes it: the walk will see it.
  if (tokens_.data() + tokens_.size() - token < 4) return;
  std::string unescaped;
  const std::string_view key = StringAt(token, unescaped);
  if (depth == 2) {
    if (key == "sourceId") fields_.source_id = StringAt(value, source_id_);
    if (key == "slug") fields_.slug = StringAt(value, slug_);
    return;
  }
  in_origin_ = false;
  if (key == "messageCreated") {
    fields_.created = StringAt(value, created_);
  } else if (key == "origin") {
    fields_.has_origin = in_origin_ = text_[*value] == '{';
    fields_.source_id = fields_.slug = {};
  }
}

// Empty for a token that is no string. It ends where the next token, or the white space before
// that, begins.
std::string_view TokenWalk::StringAt(const std::uint32_t* token, std::string& unescaped) const {
  const char* const begin = text_ + token[0] + 1;
  if (begin[-1] != '"') return {};
  const char* end = text_ + token[1];
  while (end > begin && IsJsonSpace(end[-1])) --end;
  const std::string_view literal(begin, static_cast<std::size_t>(end - begin) - 1);
  if (!escapes_ || !literal.contains('\\')) return literal;
  return unescaped = UnescapeJson(literal);
}

void TokenWalk::KeepFields() {
  const auto keep = [](std::string_view& field, std::string& kept) {
    field = kept = std::string(field);
  };
  keep(fields_.created, created_);
  keep(fields_.source_id, source_id_);
  keep(fields_.slug, slug_);
}

}  // namespace reprocess
