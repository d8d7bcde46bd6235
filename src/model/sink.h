// Where records go: the primitives of the exactly-once protocol (docs/exactly-once.md). Kafka with
// transactions, Kafka without, files and nothing at all are the four sinks; replay/ drives them.
//
//   order      Open → ReadCheckpoint → (Begin → Produce* → Commit)*; after any error of Produce or
//              Commit only ReadCheckpoint and Open are allowed
//              (a Commit that ran out of time is kRetry: the same call again goes on with it)
//   errors     Remedy says what replay/ does:
//                kIsolate          a record is refused for what it is; nothing of the transaction
//                                  counts (the reports name whole batches, so which one is open:
//                                  a Probe finds it)
//                kAbortAndRewind   the transaction is lost, or its outcome unknown
//                kFenced           another owner, seen beyond doubt
//                kWait, kRetry     the destination is away
//                kStop             no remedy; Code kNotAuthorized and kUnsupported decide
//                `delivery`
//   threads    one at a time; the delivering stage alone
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/batch.h"

namespace reprocess {

enum class Read : std::uint8_t {
  kStable,  // waits for a pending transaction of this shard to end
  kAsIs,    // what is known to be committed now, which a commit just made may not yet be: to see
            // who took over
};

// How far Produce came.
struct Produced {
  std::size_t next;              // the first line that was not taken; == `to` when all were
  std::optional<Error> refused;  // why line `next` was refused on the spot (too large)
};

// Tries records where they are never committed: which of them the destination refuses for what they
// are.
//
//   threads    one at a time; the delivering stage alone
class Probe {
 public:
  virtual ~Probe() = default;  // drops what it tried, as far as it has not done so before

  // Sends the kSend lines among batch.lines[from, to). nullopt: all were taken. Else why some of
  // them, or all of them together, were refused (of one: why it was). Any other error: nothing is
  // known; kStopped where `stop` asks for it.
  virtual Result<std::optional<Error>> Try(const Batch& batch, std::size_t from, std::size_t to,
                                           const std::stop_token& stop) = 0;
};

class Sink {
 public:
  virtual ~Sink() = default;

  // Makes a fresh connection that fences every earlier one of this shard. May be called again at
  // any time: what was open is thrown away, and nothing of it is committed.
  virtual Result<void> Open(const std::stop_token& stop) = 0;

  // The committed checkpoint's text; nullopt when there is none. Works on a fenced connection.
  virtual Result<std::optional<std::string>> ReadCheckpoint(Read how) = 0;

  virtual Result<void> Begin() = 0;

  // Adds the kSend lines among batch.lines[from, to) to the open transaction. Keeps the buffer
  // alive for as long as it needs it. Waits while its queue is full.
  virtual Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) = 0;

  // All of the open transaction and the checkpoint, or nothing; kAbortAndRewind when the answer
  // is unknown. Comes back after `within` at the latest, where the destination's library can.
  virtual Result<void> Commit(std::string_view checkpoint, Milliseconds within) = 0;

  // Drops the open transaction, if any: best effort, at the end of a drained run or where it would
  // be in the way. Only ReadCheckpoint, Open and MakeProbe are allowed after it.
  virtual void Abandon() = 0;

  // nullptr where records cannot be tried without being delivered.
  virtual std::unique_ptr<Probe> MakeProbe() { return nullptr; }

  // Serves what comes back from the destination while no lines come; returns at once.
  virtual void Poll() {}

  // The destination's end offset per partition; empty where that means nothing.
  virtual Result<std::vector<std::int64_t>> EndOffsets() { return std::vector<std::int64_t>{}; }

  // Of values handed over and not answered yet.
  virtual std::uint64_t queued_bytes() const { return 0; }

  // The longest time by which a quota of the destination delayed an answer since the last call.
  virtual Milliseconds TakeThrottled() { return Milliseconds{0}; }

  // Values above this size are refused for certain.
  virtual std::uint64_t max_value_bytes() const { return UINT64_MAX; }
};

}  // namespace reprocess
