// What a job sent of a file, told from the file and the books: the lines up to the place where
// reading ended that pass the job's filters, without those that the ledger lists as errors. The
// repository is not asked: which lines it had no answer for, the ledger says.
//
//   errors     any but kStopped: when the file cannot be read again as it was
//   threads    one at a time
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "filter/filter.h"
#include "model/settings.h"
#include "model/storage.h"
#include "model/stores.h"
#include "store/queries.h"
#include "verify/key_table.h"

namespace reprocess {

// Goes through a file's error ranges beside its lines.
class ErrorCursor {
 public:
  enum class Fate : std::uint8_t {
    kSent,     // no row speaks of it
    kError,    // an exact row does
    kUnclear,  // it lies in an approximate row whose errors the line itself does not show
  };

  // `ranges` by first byte; borrowed.
  explicit ErrorCursor(const std::vector<ErrorRange>& ranges) : ranges_(ranges) {}

  // Of the line that begins at `byte`; bytes only grow.
  Fate At(std::uint64_t byte);
  // Whether any row, an approximate one too, covers the line asked for last.
  bool covered() const { return covered_; }

 private:
  const std::vector<ErrorRange>& ranges_;
  std::size_t next_ = 0;
  std::uint64_t exact_end_ = 0, unclear_end_ = 0, any_end_ = 0;
  bool covered_ = false;
};

class SentLines {
 public:
  // Borrows all; `config` is the job's.
  SentLines(Storage& storage, const JobConfig& config, const Settings& settings,
            std::stop_token stop);

  struct Tally {
    std::uint64_t certain = 0;      // lines that must have been sent
    std::uint64_t unclear = 0;      // … or may have been
    std::uint64_t unexplained = 0;  // errors by today's judgement, of which the books know nothing
    bool whole = true;              // false: `take` had no room
  };
  // Tells `take` each line whose key lies in `range`, until it answers false.
  Result<Tally> Read(const FileRow& file, const std::vector<ErrorRange>& errors,
                     const KeyRange& range, const std::function<bool(const ExpectedLine&)>& take);

 private:
  Storage& storage_;
  const JobConfig config_;
  const Settings& settings_;
  const std::stop_token stop_;
  Filter filter_;
};

}  // namespace reprocess
