// Cutting lines out of pieces of any size gives what cutting the whole text at once gives, and
// reading that starts again behind any line goes on with the next one, whether the pieces are read
// or given away. The input's first two bytes choose the size of the pieces, the room before them
// and the line to start again behind; plain text only, the rest is as it comes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/codec.h"
#include "decode/object_for_tests.h"

using namespace reprocess;

namespace {

struct Cut {
  std::uint64_t first_byte = 0, end_byte = 0, number = 0;
  std::string text;
  bool oversized = false;
  bool operator==(const Cut&) const = default;
};

constexpr std::size_t kLongest = 50;

std::vector<Cut> CutNaively(std::string_view whole) {
  std::vector<Cut> cuts;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t newline = std::min(whole.find('\n', at), whole.size());
    std::string_view text = whole.substr(at, newline - at);
    const std::size_t end = std::min(newline + 1, whole.size());
    if (newline < whole.size() && text.ends_with('\r')) text.remove_suffix(1);
    if (at == 0 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    cuts.push_back({at, end, cuts.size() + 1, std::string(text), text.size() > kLongest});
    at = end;
  }
  return cuts;
}

std::vector<Cut> CutByReader(std::string_view whole, std::size_t piece,
                             std::optional<std::size_t> room, FilePlace start) {
  const auto open = [&](std::uint64_t offset) -> Result<OpenedObject> {
    return OpenedObject{std::make_unique<FakeSource>(whole, offset, piece, SIZE_MAX, room), "v",
                        whole.size()};
  };
  auto reader = LineReader::Open(open, start, {.batch_bytes = 64, .line_bytes = kLongest});
  if (!reader) std::abort();
  std::vector<Cut> cuts;
  for (std::uint64_t at = start.byte;;) {
    const Result<Batch> batch = (*reader)->Next();
    if (!batch) std::abort();
    if (batch->begin.byte != at) std::abort();
    at = batch->after.byte;
    if (batch->lines.empty()) return cuts;
    for (const Line& line : batch->lines) {
      cuts.push_back({line.first_byte, line.end_byte, line.number,
                      std::string(line.text, line.size), line.oversized});
    }
  }
}

bool Same(const Cut& naive, const Cut& cut) {
  if (!naive.oversized) return naive == cut;
  return cut.oversized && naive.first_byte == cut.first_byte && naive.end_byte == cut.end_byte &&
         naive.number == cut.number && naive.text.starts_with(cut.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view whole(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (FormatOf(whole.substr(0, kMagicSize)) != Format::kPlain) return 0;
  const std::size_t piece = data[0] % 70 + 1;
  const std::vector<Cut> expected = CutNaively(whole);
  const std::size_t behind = expected.empty() ? 0 : data[1] % expected.size();
  FilePlace start;
  if (behind > 0) start = {expected[behind - 1].end_byte, behind, {}};
  for (const auto& [from, place] :
       {std::pair{std::size_t{0}, FilePlace{}}, std::pair{behind, start}}) {
    for (const auto room : {std::optional<std::size_t>{}, std::optional(data[1] % 70UZ)}) {
      const std::vector<Cut> cuts = CutByReader(whole, piece, room, place);
      if (!std::equal(expected.begin() + static_cast<std::ptrdiff_t>(from), expected.end(),
                      cuts.begin(), cuts.end(), Same)) {
        std::abort();
      }
    }
  }
  return 0;
}
