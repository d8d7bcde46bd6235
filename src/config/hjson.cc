#include "config/hjson.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/trimmed.h"
#include "config/value_text.h"

namespace reprocess {
namespace {

constexpr std::string_view kPunctuators = ",:[]{}";

void Put(FlatObject& object, std::string key, std::string value) {
  const auto same = std::ranges::find(object, key, &FlatObject::value_type::first);
  if (same != object.end()) {
    same->second = std::move(value);
  } else {
    object.emplace_back(std::move(key), std::move(value));
  }
}

std::unexpected<Error> Nested(std::string_view key) {
  return Invalid(fmt::format("{}: expected text, not an object or array", key));
}

// nullopt when the text is no JSON at all.
std::optional<Result<FlatObject>> ParseJson(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  FlatObject object;
  for (const auto& [key, value] : json.items()) {
    if (value.is_structured()) return Nested(key);
    if (value.is_null()) continue;
    Put(object, key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return object;
}

class HjsonParser {
 public:
  explicit HjsonParser(std::string_view text) : text_(text) {}

  Result<FlatObject> Parse() {
    FlatObject object;
    TRY_OK(SkipSpace());
    const bool braces = Take('{');
    for (;;) {
      TRY_OK(SkipSpace());
      if (AtEnd()) break;
      if (Take('}')) {
        if (!braces) return Refuse("'}' without '{'");
        TRY_OK(SkipSpace());
        if (!AtEnd()) return Refuse("text after the closing '}'");
        return object;
      }
      TRY_OK(Member(object));
      TRY_OK(SkipSpace());
      Take(',');
    }
    if (braces) {
      return Refuse(
          "no closing '}' (an unquoted value runs to the end of its line, and takes "
          "commas and braces with it)");
    }
    return object;
  }

 private:
  Result<void> Member(FlatObject& object) {
    TRY(std::string key, Key());
    TRY_OK(SkipSpace());
    if (!Take(':')) return Refuse("expected ':' after a key");
    TRY_OK(SkipSpace());
    if (AtEnd()) return Refuse("no value after the last ':'");
    if (text_[at_] == '{' || text_[at_] == '[') return Nested(key);
    if (kPunctuators.find(text_[at_]) != std::string_view::npos) {
      return Refuse("no value after ':'");
    }
    TRY(std::optional<std::string> value, Value());
    if (value) Put(object, std::move(key), std::move(*value));
    return {};
  }

  Result<std::string> Key() {
    if (text_[at_] == '"' || text_[at_] == '\'') return QuotedText();
    const auto begin = at_;
    while (!AtEnd() && !IsSpace(text_[at_]) &&
           kPunctuators.find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    if (at_ == begin) return Refuse("expected a key");
    return std::string(text_.substr(begin, at_ - begin));
  }

  // nullopt for null.
  Result<std::optional<std::string>> Value() {
    if (text_.substr(at_).starts_with("'''")) return MultilineText();
    if (text_[at_] == '"' || text_[at_] == '\'') return QuotedText();
    const std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
    const std::string_view word = Trimmed(line.substr(0, EndOfLiteral(line)));
    if (IsLiteral(word)) {
      at_ += word.size();
      if (word == "null") return std::nullopt;
      return std::string(word);
    }
    at_ += line.size();
    return std::string(Trimmed(line));
  }

  // Where a number or keyword would end: at a comma, a brace or a comment.
  static std::size_t EndOfLiteral(std::string_view line) {
    return std::min({line.find_first_of(",]}#"), line.find("//"), line.find("/*")});
  }

  static bool IsLiteral(std::string_view word) {
    if (word == "true" || word == "false" || word == "null") return true;
    return nlohmann::json::parse(word, nullptr, false).is_number();
  }

  Result<std::string> QuotedText() {
    const char quote = text_[at_];
    const auto begin = ++at_;
    for (; !AtEnd() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\n') return Refuse("a quoted text that does not end on its line");
      if (text_[at_] == '\\') ++at_;
    }
    if (AtEnd()) return Refuse("a quoted text that does not end");
    const std::string_view inner = text_.substr(begin, at_++ - begin);
    // JSON's own reader undoes the escapes, once the quotes are JSON's.
    std::string json = "\"";
    for (std::size_t i = 0; i < inner.size(); ++i) {
      if (inner[i] == '\\' && inner[i + 1] == '\'') ++i;
      if (inner[i] == '"') json += '\\';
      json += inner[i];
      if (inner[i] == '\\') json += inner[++i];
    }
    const auto parsed = nlohmann::json::parse(json + '"', nullptr, false);
    if (!parsed.is_string()) return Refuse("an escape or a character that JSON does not know");
    return parsed.get<std::string>();
  }

  // Without the column of the opening quotes as indentation, and without the line breaks next to
  // the quotes.
  Result<std::string> MultilineText() {
    const auto line_start = text_.rfind('\n', at_) + 1;  // npos + 1 is 0
    const auto indent = at_ - line_start;
    const auto end = text_.find("'''", at_ + 3);
    if (end == std::string_view::npos) return Refuse("a ''' text that does not end");
    std::string_view inner = text_.substr(at_ + 3, end - at_ - 3);
    at_ = end + 3;
    const auto first_break = inner.find('\n');
    if (Trimmed(inner.substr(0, first_break)).empty() && first_break != std::string_view::npos) {
      inner.remove_prefix(first_break + 1);
    }
    std::string value;
    while (!inner.empty()) {
      std::string_view line = inner.substr(0, inner.find('\n'));
      inner.remove_prefix(std::min(inner.size(), line.size() + 1));
      if (line.ends_with('\r')) line.remove_suffix(1);
      line.remove_prefix(std::min(indent, std::min(line.size(), line.find_first_not_of(" \t"))));
      if (inner.empty() && line.find_first_not_of(" \t") == std::string_view::npos) break;
      value += line;
      value += '\n';
    }
    if (!value.empty()) value.pop_back();
    return value;
  }

  Result<void> SkipSpace() {
    while (!AtEnd()) {
      const std::string_view rest = text_.substr(at_);
      if (IsSpace(rest[0])) {
        ++at_;
      } else if (rest[0] == '#' || rest.starts_with("//")) {
        at_ += std::min(rest.size(), rest.find('\n'));
      } else if (rest.starts_with("/*")) {
        const auto end = rest.find("*/", 2);
        if (end == std::string_view::npos) return Refuse("a comment that does not end");
        at_ += end + 2;
      } else {
        break;
      }
    }
    return {};
  }

  std::unexpected<Error> Refuse(std::string_view why) const {
    const auto line = 1 + std::ranges::count(text_.substr(0, std::min(at_, text_.size())), '\n');
    return Invalid(fmt::format("line {}: {}", line, why));
  }

  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  bool AtEnd() const { return at_ >= text_.size(); }
  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<FlatObject> ParseFlatObject(std::string_view text) {
  if (auto object = ParseJson(text)) return *std::move(object);
  return HjsonParser(text).Parse();
}

}  // namespace reprocess
