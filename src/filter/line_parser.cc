#include "filter/line_parser.h"

#include <cstring>
#include <new>
#include <span>

#include <simdjson.h>

namespace reprocess {
namespace {

static_assert(Buffer::kPadding >= simdjson::SIMDJSON_PADDING);

// Drops the white space outside strings, in place; returns what is left of `size`. simdjson leaves
// the place where each bracket, comma, colon, string and scalar of the text starts, and that is
// where all such white space ends (none is left at either end).
std::uint32_t DropSpaceBefore(std::span<const std::uint32_t> tokens, char* text,
                              std::uint32_t size) {
  std::uint32_t out = 0, begin = 0;
  const auto keep = [&](std::uint32_t end) {
    if (out != begin) std::memmove(text + out, text + begin, end - begin);
    out += end - begin;
  };
  for (const std::uint32_t place : tokens.subspan(1)) {
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

using Implementation = simdjson::internal::dom_parser_implementation;

struct LineParser::Simdjson {
  std::unique_ptr<Implementation> parser;
};

LineParser::LineParser() : simdjson_(std::make_unique<Simdjson>()) {
  // Four bytes a byte of its capacity, touched as far as the longest line needs them. No depth:
  // that is the second stage's.
  if (simdjson::get_active_implementation()->create_dom_parser_implementation(
          kFastPathBytes, 1, simdjson_->parser) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
}
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

void Compact(std::string_view text, std::string& to) {
  to.resize(text.size() + simdjson::SIMDJSON_PADDING);  // it writes whole registers
  std::size_t size = 0;
  if (simdjson::minify(text.data(), text.size(), to.data(), size) != simdjson::SUCCESS) {
    to = text;
    size = DropSpace(to.data(), to.size());
  }
  to.resize(size);
}

bool LineParser::ParseFast(Line& line) {
  char* text = line.text;
  std::uint32_t size = line.size;
  for (; size > 0 && IsJsonSpace(*text); --size) ++text;
  while (size > 0 && IsJsonSpace(text[size - 1])) --size;
  if (size == 0 || text[0] != '{' || text[size - 1] != '}') return false;
  Implementation& parser = *simdjson_->parser;
  if (parser.stage1(reinterpret_cast<const std::uint8_t*>(text), size,
                    simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
    return false;
  }
  const std::span<const std::uint32_t> tokens(parser.structural_indexes.get(),
                                              parser.n_structural_indexes);
  if (!walk_.Check({text, size}, tokens)) return false;
  line.text = text;
  if (!walk_.compact()) {
    walk_.KeepFields();
    size = DropSpaceBefore(tokens, text, size);
  }
  fields_ = walk_.fields();
  line.size = size;
  return true;
}

}  // namespace reprocess
