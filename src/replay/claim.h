// How a process becomes the owner of a shard: at its start, and again after a transaction was lost.
//
//   start      a live owner is waited for, never fenced; a dead one is fenced by opening the sink;
//              the claim is a committed checkpoint with our owner and the next generation
//   job        before a sink is opened, and so before anybody is fenced, the print of the whole job
//              and the fingerprint of each begun shard must be what this worker's list makes them
//   delivery   `auto` is decided here, at a shard's first claim, and for good: the stored mode is
//              binding
//   threads    the delivering stage's
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "base/patience.h"
#include "model/checkpoint.h"
#include "model/sink.h"
#include "replay/replay.h"

namespace reprocess {

// kFenced: who has the shard now.
std::unexpected<Error> FencedBy(std::string_view owner, std::uint64_t generation);

struct Claimed {
  // What was found: kComplete means claimed, go on; the others end the replay.
  Outcome end = Outcome::kComplete;
  Mode mode = Mode::kExactlyOnce;
  std::unique_ptr<Sink> sink;
  Checkpoint checkpoint;
  std::string message;
};

class Claimer {
 public:
  // Borrows all three. `owner`'s generation is set by each claim.
  Claimer(const ShardTask& task, const Ports& ports, Owner& owner);

  Result<Claimed> AtStart(const std::stop_token& stop);

  // After a lost transaction: finds out on the old connection who has the shard, then opens a new
  // one and claims again, with backoff, until `deadline`. Returns the checkpoint to go on from;
  // kFenced when a newer owner is there.
  Result<Checkpoint> Again(Sink& sink, Mode mode, SteadyTime deadline, const std::stop_token& stop);

  // Stores where the destination ends, waiting for both: what lies before is all that the shard
  // sent. `owner` is who the row names; kFenced when that is no longer so.
  Result<void> StoreEnd(Sink& sink, const Owner& owner, const std::stop_token& stop);

  // Takes back the ledger's rows ahead of the checkpoint: what is read again from there may be cut
  // into other rows.
  Result<void> TakeRowsBack(const Checkpoint& checkpoint, const std::stop_token& stop);

 private:
  Result<std::optional<ShardRow>> WaitForOwner(const std::stop_token& stop);
  Result<void> CheckStoredMode(const std::optional<ShardRow>& row) const;
  // What ends the replay before the claim: that max_errors was passed, and not raised since.
  std::optional<Claimed> TooManyErrors(const std::optional<ShardRow>& row) const;
  Result<void> CheckPrint();
  Result<void> CheckPrintIs(const std::string& stored) const;
  Result<void> CheckShards(bool same_print) const;
  Mode FirstMode(const std::optional<ShardRow>& row) const;
  bool MayFallBack(const std::optional<ShardRow>& row, Mode mode, const Error& error) const;
  Result<std::unique_ptr<Sink>> OpenSink(Mode mode, const std::stop_token& stop);
  Result<Claimed> ClaimAs(Mode mode, const std::optional<ShardRow>& row,
                          const std::stop_token& stop);
  Result<Checkpoint> StartingPoint(Mode mode, const std::optional<std::string>& text,
                                   const std::optional<ShardRow>& row) const;
  // Whether the checkpoint was made under a limit that the job had before: then it goes on under
  // the one of now, and what that limit had ended is not complete any more.
  bool LiftLimit(Checkpoint& checkpoint) const;
  // Commits the claim, stores the control row, takes rows back.
  Result<void> Commit(Sink& sink, Mode mode, Checkpoint& checkpoint, std::uint64_t generation,
                      const std::stop_token& stop);
  Result<Checkpoint> TryAgain(Sink& sink, Mode mode, const std::stop_token& stop);
  Result<Checkpoint> ReadOurs(Sink& sink, Read how) const;
  Patience PatienceUntil(SteadyTime deadline, const std::stop_token& stop) const;

  const ShardTask& task_;
  const Ports& ports_;
  Owner& owner_;
  const ShardRef shard_;
  const std::string fingerprint_;
};

}  // namespace reprocess
