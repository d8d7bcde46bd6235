#include "filter/line_parser.h"

#include <cstring>

#include <simdjson.h>

namespace reprocess {
namespace {

static_assert(Buffer::kPadding >= simdjson::SIMDJSON_PADDING);

std::string_view StringOf(const simdjson::dom::element& value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

Fields FieldsOf(const simdjson::dom::object& message) {
  Fields fields;
  for (const simdjson::dom::key_value_pair member : message) {
    if (member.key == "messageCreated") {
      fields.created = StringOf(member.value);
    } else if (member.key == "origin") {
      simdjson::dom::object origin;
      fields.has_origin = member.value.get_object().get(origin) == simdjson::SUCCESS;
      fields.source_id = fields.slug = {};
      if (!fields.has_origin) continue;
      for (const simdjson::dom::key_value_pair part : origin) {
        if (part.key == "sourceId") fields.source_id = StringOf(part.value);
        if (part.key == "slug") fields.slug = StringOf(part.value);
      }
    }
  }
  return fields;
}

// Drops the white space outside strings, in place; returns what is left of `size`. simdjson leaves
// the place where each bracket, comma, colon, string and scalar of the text starts, and that is
// where all such white space ends (none is left at either end).
std::uint32_t DropSpaceBefore(const simdjson::internal::dom_parser_implementation& places,
                              char* text, std::uint32_t size) {
  std::uint32_t out = 0, begin = 0;
  const auto keep = [&](std::uint32_t end) {
    if (out != begin) std::memmove(text + out, text + begin, end - begin);
    out += end - begin;
  };
  for (std::uint32_t i = 1; i < places.n_structural_indexes; ++i) {
    const std::uint32_t place = places.structural_indexes[i];
    std::uint32_t end = place;
    while (IsJsonSpace(text[end - 1])) --end;
    if (end == place) continue;
    keep(end);
    begin = place;
  }
  keep(size);
  return out;
}

}  // namespace

struct LineParser::Simdjson {
  simdjson::dom::parser parser;
};

LineParser::LineParser() : simdjson_(std::make_unique<Simdjson>()) {}
LineParser::~LineParser() = default;

GrammarVerdict LineParser::Parse(Line& line) {
  if (line.size <= kFastPathBytes && ParseFast(line)) return {.valid = true, .object = true};
  const std::string_view text(line.text, line.size);
  const GrammarVerdict verdict = grammar_.Check(text);
  if (!verdict.object) return verdict;
  fields_ = grammar_.fields();
  line.not_utf8 = !simdjson::validate_utf8(text);
  line.size = static_cast<std::uint32_t>(DropSpace(line.text, line.size));
  return verdict;
}

bool LineParser::ParseFast(Line& line) {
  char* text = line.text;
  std::uint32_t size = line.size;
  for (; size > 0 && IsJsonSpace(*text); --size) ++text;
  while (size > 0 && IsJsonSpace(text[size - 1])) --size;
  // A newer simdjson skips a byte order mark, which is no JSON: only a brace is let through.
  if (size == 0 || *text != '{') return false;
  simdjson::dom::object message;
  auto& parser = simdjson_->parser;
  if (parser.parse(text, size, false).get_object().get(message) != simdjson::SUCCESS) return false;
  fields_ = FieldsOf(message);
  line.text = text;
  line.size = DropSpaceBefore(*parser.implementation, text, size);
  return true;
}

}  // namespace reprocess
