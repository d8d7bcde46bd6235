// What the fast parser says of a line, the slow grammar check says too: valid or not, the same
// fields, the same bytes left when white space is dropped. Parsing what is left changes nothing
// more.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "filter/grammar.h"
#include "filter/line_parser.h"
#include "model/buffer.h"

using namespace reprocess;

namespace {

struct Parsed {
  bool object, has_origin;
  std::string text, created, source_id, slug;
  bool operator==(const Parsed&) const = default;
};

Parsed ParsedOf(const GrammarVerdict& verdict, std::string left, const Fields& fields) {
  if (!verdict.valid || !verdict.object) return {false, false, std::move(left), {}, {}, {}};
  return {true,
          fields.has_origin,
          std::move(left),
          std::string(fields.created),
          std::string(fields.source_id),
          std::string(fields.slug)};
}

Parsed ParseFast(LineParser& parser, std::string_view text) {
  Buffer buffer(text.size());
  std::memcpy(buffer.data(), text.data(), text.size());
  Line line;
  line.text = buffer.data();
  line.size = static_cast<std::uint32_t>(text.size());
  const GrammarVerdict verdict = parser.Parse(line);
  return ParsedOf(verdict, std::string(line.text, line.size), parser.fields());
}

Parsed ParseSlowly(GrammarCheck& check, std::string_view text) {
  const GrammarVerdict verdict = check.Check(text);
  std::string left(text);
  if (verdict.valid && verdict.object) left.resize(DropSpace(left.data(), left.size()));
  return ParsedOf(verdict, std::move(left), check.fields());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static LineParser parser;
  static GrammarCheck check;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A line is never blank here: the filter looks at that first.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return 0;
  const Parsed fast = ParseFast(parser, text);
  if (fast != ParseSlowly(check, text)) std::abort();
  if (fast.object && ParseFast(parser, fast.text) != fast) std::abort();
  return 0;
}
