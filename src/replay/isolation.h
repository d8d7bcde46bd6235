// Finds the records that Kafka refuses for what they are, when it has refused a transaction
// (docs/exactly-once.md): they become error lines when their stretch is judged again.
//
//   probe      tries the stretch where nothing is ever committed, many records at once, and fewer
//              where some are refused; only a record refused alone is to blame
//   halving    where there is no probe, or it does not tell: the stretch is sent again in shorter
//              and shorter transactions, at last one record each
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "model/sink.h"
#include "replay/judge_stage.h"
#include "replay/stage.h"

namespace reprocess {

using RecordPlace = std::pair<int, std::uint64_t>;  // list position, first byte

// Halving under way: at most `stretch` records a transaction, until the place where the refused
// transaction ended is passed.
struct Isolation {
  std::uint64_t stretch = 0;
  RecordPlace until;
  bool found = false;  // a record is: each commit doubles the stretch, up to batch_size
};

Refusal RefusalOf(const Error& why);

// Tries the messages of judged batches up to the one at `last`, and adds those that are refused
// alone. An error (of the source, of a probe that is away, kStopped) leaves what was found until
// then.
Result<void> FindRefused(Stage& source, Probe& probe, const RecordPlace& last, Refusals& refusals,
                         const std::stop_token& stop);

// A transaction of `records`, at least two, the last of them at `last`, was refused.
void Halve(std::optional<Isolation>& isolation, std::uint64_t records, const RecordPlace& last,
           std::uint64_t batch_size);

}  // namespace reprocess
