// The records that Kafka refuses for what they are (docs/exactly-once.md): finds them when it has
// refused a transaction, and makes error lines of them when their lines are judged again.
//
//   probe      tries the transaction's records where nothing is ever committed, many at once, and
//              fewer where some are refused; only a record refused alone is to blame
//   bisection  where there is no probe, or it does not tell: what was refused is sent again in
//              transactions of half as many records, at last of one. Behind a record that is found
//              so they double again, up to batch_size, until all that was refused is passed
//   threads    Mark on the filtering stage's, all else on the delivering one's; what Mark reads
//              changes between two pipelines alone
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "model/sink.h"
#include "replay/stage.h"

namespace reprocess {

struct LinePlace {
  int list_position = 0;
  std::uint64_t byte = 0;  // the line's first
  auto operator<=>(const LinePlace&) const = default;
};

// Why a record is refused alone.
struct Refusal {
  Reason reason = Reason::kRefused;
  std::string message;
};
using Refusals = std::map<LinePlace, Refusal>;

// Tries the messages of judged batches up to the one at `last`, and adds those that are refused
// alone. An error (of the source, of a probe that is away, kStopped) leaves what was found until
// then.
Result<void> FindRefused(Stage& source, Probe& probe, const LinePlace& last, Refusals& refusals,
                         const std::stop_token& stop);

class Isolation {
 public:
  // `batch_size`: the most records of a transaction while it bisects.
  explicit Isolation(std::uint64_t batch_size) : batch_size_(batch_size) {}

  // Turns the known ones among a judged batch's lines into error lines.
  void Mark(Batch& batch) const;

  // This record is refused, and why.
  void Blame(Refusals::value_type refused) { refusals_.insert(std::move(refused)); }

  // The open transaction of `records` was refused, the last of them at `last`: when they are sent
  // again, those to blame are known, or transactions are shorter. `judged` makes the stage that
  // reads and judges on from the committed place. The only error is kStopped.
  Result<void> Isolate(const Error& why, std::uint64_t records, const LinePlace& last, Sink& sink,
                       const std::function<std::unique_ptr<Stage>()>& judged,
                       const std::stop_token& stop);

  // Such a transaction is sent again in halves.
  void Bisect(std::uint64_t records, const LinePlace& last);
  // The most of a transaction just now.
  std::uint64_t most_records() const { return bisection_ ? bisection_->records : UINT64_MAX; }
  // Before this place any record may become the last of a transaction.
  LinePlace bisected_until() const { return bisection_ ? bisection_->until : LinePlace{-1, 0}; }
  // A transaction of `records` was committed; `next` is the first place behind it.
  void Committed(std::uint64_t records, const LinePlace& next);

 private:
  struct Bisection {
    std::uint64_t records = 0;  // most of a transaction
    LinePlace until;            // behind what was refused
    bool found = false;
  };

  const std::uint64_t batch_size_;
  Refusals refusals_;
  std::optional<Bisection> bisection_;
};

}  // namespace reprocess
