// The books of the file being read, kept alike by the ledger stage (for the file's row) and by the
// delivering stage (for the checkpoint).
//
// A file that cannot be read to its end counts one line and one error for the place where reading
// stopped; a later try that gets past it takes them back. So a file has kUnreadable 0 or 1.
#pragma once

#include "model/batch.h"
#include "model/counters.h"

namespace reprocess {

class FileCounters {
 public:
  explicit FileCounters(const Counters& counters = {}) : counters_(counters) {}

  void CountLines(const Batch& batch, std::size_t from, std::size_t to) {
    if (from < to) TakePlaceBack();
    for (std::size_t i = from; i < to; ++i) Count(batch.lines[i], counters_);
  }
  void CountEnd(const FileEnd& end) {
    const bool counted = counters_[Reason::kUnreadable] > 0;
    if (end.state != FileEnd::State::kFailed) {
      TakePlaceBack();
    } else if (!counted) {
      ++counters_.lines;
      ++counters_[Reason::kUnreadable];
    }
  }
  const Counters& counters() const { return counters_; }

 private:
  void TakePlaceBack() {
    if (counters_[Reason::kUnreadable] == 0) return;
    --counters_.lines;
    --counters_[Reason::kUnreadable];
  }
  Counters counters_;
};

}  // namespace reprocess
