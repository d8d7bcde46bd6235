#include "model/batch.h"

namespace reprocess {

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
