#include "model/batch.h"

#include <algorithm>
#include <utility>

namespace reprocess {
namespace {

constexpr std::uint64_t kTailBytes = 4 << 10;

}  // namespace

FilePlace PlaceAfter(const Batch& batch, std::size_t line) {
  const FrameBoundary& frame = batch.begin.frame;
  const Line& last = batch.lines[line];
  return {last.end_byte, last.number, frame, HashAfter(batch, line, frame.decompressed)};
}

PlaceHash HashAfter(const Batch& batch, std::size_t line, std::uint64_t earliest) {
  const FilePlace& begin = batch.begin;
  if (!begin.hash.value) return {};
  const auto& lines = batch.lines;
  const std::uint64_t byte = lines[line].end_byte;
  const std::uint64_t frame_byte =
      std::exchange(earliest, std::max(earliest, byte - std::min(byte, kTailBytes)));
  // A line, with the gap before it.
  const auto begins = [&](std::size_t i) { return i > 0 ? lines[i - 1].end_byte : begin.byte; };
  std::size_t first = line;  // of the tail, which has the last line whole, however long
  while (first > 0 && begins(first - 1) >= earliest) --first;
  std::uint64_t tail_byte = begins(first);
  std::uint64_t tail_value = first > 0 ? lines[first - 1].hash : *begin.hash.value;
  if (first == 0 && begin.hash.tail_bytes > 0 && begin.byte - begin.hash.tail_bytes >= earliest) {
    tail_byte = begin.byte - begin.hash.tail_bytes;
    tail_value = begin.hash.tail_value;
  }
  PlaceHash hash{lines[line].hash, begin.hash.from};
  // An oversized line may have any size, and one that lies across frames is not to be had alone.
  if (lines[line].oversized || tail_byte < frame_byte) return hash;
  if (tail_byte < earliest && tail_byte < lines[line].first_byte) return hash;  // so may a gap
  hash.tail_bytes = byte - tail_byte;
  hash.tail_value = tail_value;
  return hash;
}

void Count(const Line& line, Counters& counters) {
  const std::uint64_t bytes = line.end_byte - line.first_byte;
  ++counters.lines;
  counters.bytes += bytes;
  switch (line.verdict) {
    case Verdict::kSend:
      ++counters.success;
      counters.success_bytes += bytes;
      counters.not_utf8 += line.not_utf8 ? 1 : 0;
      return;
    case Verdict::kSkip:
      ++counters[line.reason];
      counters.skipped_bytes += bytes;
      return;
    case Verdict::kError:
      ++counters[line.reason];
      counters.error_bytes += bytes;
      return;
    case Verdict::kUnjudged:
      return;  // leaves the books unbalanced, which the check at the end reports
  }
}

}  // namespace reprocess
