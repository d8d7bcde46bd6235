// Says of each line on stdin what the filter's parser makes of it, one line out for each line in:
//   blank
//   invalid_json <byte> <why>
//   not_object
//   ok <utf8|bytes> <created> <origin|none> <sourceId> <slug> <value>   (three fields in
//   hexadecimal)
// With --slow all lines go the slow way. The lines lie in one buffer, as they do in a batch.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "filter/line_parser.h"

namespace reprocess {
namespace {

std::vector<Line> LinesOf(Buffer& buffer) {
  std::vector<Line> lines;
  char* const end = buffer.data() + buffer.capacity();
  for (char* at = buffer.data(); at < end;) {
    char* const newline = std::find(at, end, '\n');
    Line& line = lines.emplace_back();
    line.text = at;
    line.size = static_cast<std::uint32_t>(newline - at);
    at = newline + 1;
  }
  return lines;
}

std::string Hex(std::string_view text) {
  std::string hex = "=";
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::string Described(const Line& line, const GrammarVerdict& verdict, const Fields& fields) {
  if (!verdict.valid) return fmt::format("invalid_json {} {}", verdict.at, verdict.what);
  if (!verdict.object) return "not_object";
  return fmt::format("ok {} {} {} {} {} {}", line.not_utf8 ? "bytes" : "utf8", Hex(fields.created),
                     fields.has_origin ? "origin" : "none", Hex(fields.source_id), Hex(fields.slug),
                     std::string_view(line.text, line.size));
}

void JudgeAll(Buffer& buffer, bool slow) {
  LineParser parser;
  GrammarCheck grammar;
  std::string out;
  for (Line& line : LinesOf(buffer)) {
    if (std::all_of(line.text, line.text + line.size, IsJsonSpace)) {
      out += "blank\n";
    } else if (slow) {
      const GrammarVerdict verdict = grammar.Check({line.text, line.size});
      (void)parser.Parse(line);  // for not_utf8, which the grammar does not ask
      out += Described(line, verdict, grammar.fields()) + "\n";
    } else {
      const GrammarVerdict verdict = parser.Parse(line);
      out += Described(line, verdict, parser.fields()) + "\n";
    }
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace
}  // namespace reprocess

int main(int argc, char** argv) {
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  reprocess::Buffer buffer(input.size());
  std::copy(input.begin(), input.end(), buffer.data());
  reprocess::JudgeAll(buffer, argc > 1 && std::string_view(argv[1]) == "--slow");
}
