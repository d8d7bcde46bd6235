#include "plan/message_fields.h"

#include <nlohmann/json.hpp>

namespace reprocess {
namespace {

// Walks the members of one valid object; values are passed on as written.
class ObjectWalk {
 public:
  explicit ObjectWalk(std::string_view text) : rest_(text) {}

  template <class Visitor>
  void Members(Visitor&& visit) {
    SkipTo('{');
    while (true) {
      SkipSpace();
      if (rest_.empty() || rest_.front() != '"') return;
      const std::string_view key = TakeString();
      SkipTo(':');
      SkipSpace();
      visit(key, TakeValue());
      SkipSpace();
      if (rest_.empty() || rest_.front() != ',') return;
      rest_.remove_prefix(1);
    }
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() &&
           std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) {
      rest_.remove_prefix(1);
    }
  }
  void SkipTo(char c) {
    const auto at = rest_.find(c);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
  }
  std::size_t StringEnd(std::size_t open) const {
    for (std::size_t at = open + 1; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        ++at;
      } else if (rest_[at] == '"') {
        return at + 1;
      }
    }
    return rest_.size();
  }
  std::string_view Take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view TakeString() { return Take(StringEnd(0)); }
  std::string_view TakeValue() {
    std::size_t depth = 0, at = 0;
    while (at < rest_.size()) {
      const char c = rest_[at];
      if (c == '"') {
        at = StringEnd(at);
        if (depth == 0) break;
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}')) break;
      if (c == '{' || c == '[') ++depth;
      ++at;
      if ((c == '}' || c == ']') && --depth == 0) break;
    }
    return Take(at);
  }

  std::string_view rest_;
};

// A string without its quotes; empty for any other value.
std::string Unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return {};
  if (value.find('\\') != std::string_view::npos) {
    const auto parsed = nlohmann::json::parse(value, nullptr, false);
    if (parsed.is_string()) return parsed.get<std::string>();
  }
  return std::string(value.substr(1, value.size() - 2));
}

}  // namespace

MessageFields FieldsOf(std::string_view object) {
  MessageFields fields;
  std::string_view origin;
  ObjectWalk(object).Members([&](std::string_view key, std::string_view value) {
    const std::string name = Unquoted(key);
    if (name == "type") fields.type = Unquoted(value);
    if (name == "messageCreated") fields.created = Unquoted(value);
    if (name == "origin") origin = value;
  });
  if (!origin.starts_with('{')) return fields;
  std::string source, slug;
  ObjectWalk(origin).Members([&](std::string_view key, std::string_view value) {
    const std::string name = Unquoted(key);
    if (name == "sourceId") source = Unquoted(value);
    if (name == "slug") slug = Unquoted(value);
  });
  fields.stream = source.empty() ? slug : source;
  return fields;
}

}  // namespace reprocess
