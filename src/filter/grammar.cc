#include "filter/grammar.h"

#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>

#include "base/characters.h"
#include "base/hex_digit.h"

namespace reprocess {
namespace {

// True for the bytes that end a plain run inside a string: quote, backslash, control characters.
constexpr auto kEndsRun = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void AppendUtf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// The four digits of the escape "\uXXXX" at `at`, or a value above 0xFFFF when there is none.
std::uint32_t CodeUnit(std::string_view literal, std::size_t at) {
  constexpr std::uint32_t kNone = 0x10000;
  if (literal.size() < at + 6 || literal[at] != '\\' || literal[at + 1] != 'u') return kNone;
  std::uint32_t code = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    code = code << 4 | static_cast<std::uint32_t>(HexDigit(literal[i]));
  }
  return code;
}

char SimpleEscape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash, slash
  }
}

// Whether the literal stands for `name`; a key too long to do so even if all is escaped is left.
bool Means(std::string_view literal, std::string_view name) {
  if (literal.size() < name.size() || literal.size() > 6 * name.size()) return false;
  if (literal.find('\\') == std::string_view::npos) return literal == name;
  return UnescapeJson(literal) == name;
}

std::string_view KindOf(char first) {
  switch (first) {
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

}  // namespace

std::string UnescapeJson(std::string_view literal) {
  std::string text;
  text.reserve(literal.size());
  for (std::size_t i = 0; i < literal.size();) {
    if (literal[i] != '\\') {
      text += literal[i++];
      continue;
    }
    std::uint32_t code = CodeUnit(literal, i);
    if (code > 0xFFFF) {
      text += SimpleEscape(literal[i + 1]);
      i += 2;
      continue;
    }
    i += 6;
    if (code >> 10 == 0xD800 >> 10) {
      if (const std::uint32_t low = CodeUnit(literal, i); low >> 10 == 0xDC00 >> 10) {
        code = 0x10000 + ((code & 0x3FF) << 10 | (low & 0x3FF));
        i += 6;
      }
    }
    AppendUtf8(text, code);
  }
  return text;
}

std::size_t DropSpace(char* text, std::size_t size) {
  std::size_t out = 0, begin = 0;  // of the stretch that is kept as a whole
  const auto keep = [&](std::size_t end) {
    if (out != begin) std::memmove(text + out, text + begin, end - begin);
    out += end - begin;
  };
  for (std::size_t in = 0; in < size;) {
    if (text[in] == '"') {
      for (++in; in < size && text[in] != '"'; ++in) in += text[in] == '\\' ? 1 : 0;
      ++in;
    } else if (IsJsonSpace(text[in])) {
      keep(in);
      while (in < size && IsJsonSpace(text[in])) ++in;
      begin = in;
    } else {
      ++in;
    }
  }
  keep(size);
  return out;
}

// One pass over one text. Each Take…() moves past what it names, or records why it cannot.
class GrammarCheck::Scanner {
 public:
  Scanner(std::string_view text, GrammarCheck& out) : text_(text), out_(out) {}

  GrammarVerdict Run() {
    SkipSpace();
    const char first = Peek();
    const bool good = TakeValue() && TakeRest();
    if (!good) return {false, false, at_, what_};
    if (first == '{') return {.valid = true, .object = true};
    return {.valid = true, .what = KindOf(first)};
  }

 private:
  enum class Name : std::uint8_t { kOther, kCreated, kOrigin, kSourceId, kSlug, kType };

  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool TakeIf(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void SkipSpace() {
    while (!AtEnd() && IsJsonSpace(text_[at_])) ++at_;
  }
  bool Refuse(std::string_view what) {
    what_ = AtEnd() ? "the line ends too early" : what;
    return false;
  }
  bool InObject() const { return is_object_[depth_ - 1]; }

  // After the first value, or the opening of the outermost container, to the end of the text.
  bool TakeRest() {
    for (;;) {
      SkipSpace();
      if (depth_ == 0) return AtEnd() || Refuse("text after the end of the value");
      if (TakeIf(InObject() ? '}' : ']')) {
        Close();
        continue;
      }
      if (!fresh_ && !TakeIf(',')) {
        return Refuse(InObject() ? "expected ',' or '}'" : "expected ',' or ']'");
      }
      fresh_ = false;
      SkipSpace();
      if (InObject() && !TakeKey()) return false;
      if (!TakeValue()) return false;
    }
  }

  void Close() {
    --depth_;
    fresh_ = false;
    if (depth_ == 1) in_origin_ = false;
  }

  bool Open(bool object) {
    if (depth_ == kMaxDepth) return Refuse("nested deeper than 10000");
    ++at_;
    is_object_[depth_++] = object;
    fresh_ = true;
    name_ = Name::kOther;
    return true;
  }

  bool TakeKey() {
    if (Peek() != '"') return Refuse("expected a key in double quotes");
    std::string_view key;
    if (!TakeString(key)) return false;
    name_ = NameOf(key);
    SkipSpace();
    if (!TakeIf(':')) return Refuse("expected ':' after a key");
    SkipSpace();
    return true;
  }

  // A whole scalar, or the opening of a container.
  bool TakeValue() {
    Forget();
    const char c = Peek();
    switch (c) {
      case '{':
        in_origin_ = in_origin_ || name_ == Name::kOrigin;
        return Open(true);
      case '[':
        return Open(false);
      case '"': {
        std::string_view literal;
        if (!TakeString(literal)) return false;
        Remember(literal);
        return true;
      }
      case 't':
        return TakeWord("true");
      case 'f':
        return TakeWord("false");
      case 'n':
        return TakeWord("null");
      default:
        break;
    }
    if (c == '-' || IsDigit(c)) return TakeNumber();
    return Refuse("expected a value");
  }

  bool TakeWord(std::string_view word) {
    for (const char c : word) {
      if (!TakeIf(c)) return Refuse("expected true, false or null");
    }
    return true;
  }

  bool TakeDigits() {
    if (!IsDigit(Peek())) return Refuse("expected a digit");
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool TakeNumber() {
    TakeIf('-');
    if (!TakeIf('0') && !TakeDigits()) return false;
    if (TakeIf('.') && !TakeDigits()) return false;
    if (TakeIf('e') || TakeIf('E')) {
      if (!TakeIf('+')) TakeIf('-');
      return TakeDigits();
    }
    return true;
  }

  bool TakeString(std::string_view& literal) {
    const std::size_t begin = ++at_;
    for (;;) {
      while (!AtEnd() && !kEndsRun[static_cast<unsigned char>(text_[at_])]) ++at_;
      if (AtEnd()) return Refuse({});
      if (text_[at_] == '"') break;
      if (text_[at_] != '\\') return Refuse("control character in a string");
      if (!TakeEscape()) return false;
    }
    literal = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }

  bool TakeEscape() {
    ++at_;
    const char c = Peek();
    if (AtEnd() || c == '\0' || !std::strchr("\"\\/bfnrtu", c)) return Refuse("unknown escape");
    ++at_;
    for (int digits = c == 'u' ? 4 : 0; digits > 0; --digits, ++at_) {
      if (HexDigit(Peek()) < 0) return Refuse("expected four hexadecimal digits after \\u");
    }
    return true;
  }

  Name NameOf(std::string_view key) const {
    if (depth_ == 1) {
      if (Means(key, "messageCreated")) return Name::kCreated;
      if (Means(key, "origin")) return Name::kOrigin;
      if (Means(key, "type")) return Name::kType;
    } else if (depth_ == 2 && in_origin_) {
      if (Means(key, "sourceId")) return Name::kSourceId;
      if (Means(key, "slug")) return Name::kSlug;
    }
    return Name::kOther;
  }

  // A value begins: what an earlier duplicate said no longer counts.
  void Forget() {
    Fields& fields = out_.fields_;
    switch (name_) {
      case Name::kCreated:
        fields.created = {};
        return;
      case Name::kSourceId:
        fields.source_id = {};
        return;
      case Name::kSlug:
        fields.slug = {};
        return;
      case Name::kOrigin:
        fields.has_origin = Peek() == '{';
        fields.source_id = fields.slug = {};
        return;
      case Name::kType:
        out_.type_.clear();
        return;
      case Name::kOther:
        return;
    }
  }

  void Remember(std::string_view literal) {
    Fields& fields = out_.fields_;
    switch (name_) {
      case Name::kCreated:
        fields.created = out_.created_ = UnescapeJson(literal);
        return;
      case Name::kSourceId:
        fields.source_id = out_.source_id_ = UnescapeJson(literal);
        return;
      case Name::kSlug:
        fields.slug = out_.slug_ = UnescapeJson(literal);
        return;
      case Name::kType:
        out_.type_ = UnescapeJson(literal);
        return;
      case Name::kOrigin:
      case Name::kOther:
        return;
    }
  }

  const std::string_view text_;
  GrammarCheck& out_;
  std::size_t at_ = 0;
  std::string_view what_;
  std::size_t depth_ = 0;
  bool fresh_ = false;        // a container was just opened: no comma is due, and it may close
  bool in_origin_ = false;    // inside the value of the outermost object's "origin"
  Name name_ = Name::kOther;  // whose value comes next
  std::bitset<kMaxDepth> is_object_;
};

GrammarVerdict GrammarCheck::Check(std::string_view text) {
  fields_ = {};
  type_.clear();
  return Scanner(text, *this).Run();
}

}  // namespace reprocess
