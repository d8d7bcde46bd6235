#include "filter/token_walk.h"

#include <cstring>

#include "filter/grammar.h"

namespace reprocess {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

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

constexpr auto kIsHex = TableOf([](char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
});
constexpr auto kIsEscape =
    TableOf([](char c) { return std::string_view("\"\\/bfnrtu").contains(c); });
// What may stand behind a number or word inside a container.
constexpr auto kEndsScalar =
    TableOf([](char c) { return c == ',' || c == '}' || c == ']' || IsJsonSpace(c); });

bool IsWord(const char* text, std::string_view word) {
  return std::memcmp(text, word.data(), word.size()) == 0 && Is(kEndsScalar, text[word.size()]);
}

}  // namespace

bool TokenWalk::Check(std::string_view text, std::span<const std::uint32_t> tokens) {
  text_ = text.data();
  tokens_ = tokens;
  at_ = depth_ = 0;
  spaced_ = escapes_ = in_origin_ = false;
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

// The first byte of the next token; '\0', which begins none, after the last one.
inline char TokenWalk::Next() {
  if (++at_ >= tokens_.size()) return '\0';
  const std::uint32_t place = tokens_[at_];
  spaced_ |= IsJsonSpace(text_[place - 1]);
  return text_[place];
}

// From the outermost brace on. One turn of the loop takes a value that is due, with what closes
// behind it and the comma, or opens a container.
bool TokenWalk::TakeValues() {
  char c = '{';
  for (;;) {
    if (c == '{' || c == '[') {
      if (depth_ == kDepth) return false;
      closers_[depth_++] = c == '{' ? '}' : ']';
      const bool object = c == '{';
      c = Next();
      if (c != closers_[depth_ - 1]) {
        if (object) {
          if (!TakeKey(c)) return false;
          c = Next();
        }
        continue;
      }
    } else {
      if (!TakeScalar(c)) return false;
      c = Next();
    }
    while (c == closers_[depth_ - 1]) {
      if (--depth_ == 0) return at_ + 1 == tokens_.size();
      c = Next();
    }
    if (c != ',') return false;
    c = Next();
    if (closers_[depth_ - 1] == '}') {
      if (!TakeKey(c)) return false;
      c = Next();
    }
  }
}

// A key and its colon.
inline bool TokenWalk::TakeKey(char first) {
  if (first != '"') return false;
  if (depth_ == 1 || (depth_ == 2 && in_origin_)) Note();
  return Next() == ':';
}

inline bool TokenWalk::TakeScalar(char first) const {
  const char* text = text_ + tokens_[at_];
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
      return TakeNumber();
  }
}

// The text ends with a brace, where every run of digits ends too.
bool TokenWalk::TakeNumber() const {
  const char* c = text_ + tokens_[at_];
  const auto digits = [&c] {
    if (!IsDigit(*c)) return false;
    while (IsDigit(*c)) ++c;
    return true;
  };
  if (*c == '-') ++c;
  if (*c == '0') {
    ++c;
  } else if (!digits()) {
    return false;
  }
  if (*c == '.') {
    ++c;
    if (!digits()) return false;
  }
  if (*c == 'e' || *c == 'E') {
    ++c;
    if (*c == '+' || *c == '-') ++c;
    if (!digits()) return false;
  }
  return Is(kEndsScalar, *c);
}

// The current token is a key of the outermost object or of its origin.
void TokenWalk::Note() {
  const std::size_t value = at_ + 2;
  if (value + 1 >= tokens_.size()) return;  // no value, or nothing that closes: refused soon
  std::string unescaped;
  const std::string_view key = StringAt(at_, unescaped);
  if (depth_ == 2) {
    if (key == "sourceId") fields_.source_id = StringAt(value, source_id_);
    if (key == "slug") fields_.slug = StringAt(value, slug_);
    return;
  }
  in_origin_ = false;
  if (key == "messageCreated") {
    fields_.created = StringAt(value, created_);
  } else if (key == "origin") {
    fields_.has_origin = in_origin_ = text_[tokens_[value]] == '{';
    fields_.source_id = fields_.slug = {};
  }
}

// Empty for a token that is no string. It ends where the next token, or the white space before
// that, begins.
std::string_view TokenWalk::StringAt(std::size_t token, std::string& unescaped) const {
  const char* const begin = text_ + tokens_[token] + 1;
  if (begin[-1] != '"') return {};
  const char* end = text_ + tokens_[token + 1];
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
