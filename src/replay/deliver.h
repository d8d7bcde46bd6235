// The last stage: puts judged lines into transactions and commits them with the checkpoint.
//
//   commit     a transaction begins with its first record and is committed commit_interval later,
//              or at commit_bytes or commit_lines, by this stage's own timer. Nothing is waited for
//              while it is open. Progress without a record is committed by the same timer
//   throttle   limits and a pause are waited for between transactions, and bound their size. The
//              checkpoint of a worker that has nothing to commit is committed again once an hour,
//              for its consumer group to live
//   books      counters that leave the process are those of the last commit
//   threads    the caller's alone; it is the only one that talks to the sink
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "model/checkpoint.h"
#include "model/sink.h"
#include "replay/isolation.h"
#include "replay/replay.h"
#include "replay/stage.h"
#include "replay/throttle_gate.h"

namespace reprocess {

class Deliverer {
 public:
  // Borrows all but the checkpoint.
  Deliverer(const ShardTask& task, const Ports& ports, Sink& sink, Isolation& isolation,
            Checkpoint committed);

  // Drains `source`: returns once it has ended, with all of it in pending(), perhaps not yet
  // committed. An error of the sink leaves committed() as last known; what came after is lost.
  Result<void> Run(Stage& source, const std::stop_token& stop);

  // Commits what is pending, in its own transaction when no record is open.
  Result<void> Commit(const std::stop_token& stop);

  // The last commit of a drained run: within drain_timeout, or given up.
  void Drain();

  const Checkpoint& committed() const { return committed_; }
  // What the next commit will store; a caller may move it between Run and Commit.
  Checkpoint& pending() {
    Touch();
    return next_;
  }
  // A new claim, or a rewind: forget what is pending and go on from here.
  void Reset(Checkpoint committed);

  // A record that the client refused on the spot, found by the last Run that failed with kIsolate.
  std::optional<Refusals::value_type> TakeRefused();
  // How many records the open (or failed) transaction holds, and the place of its last one.
  std::uint64_t open_records() const { return open_records_; }
  LinePlace last_record() const { return last_record_; }
  // The last commit showed more errors than the job allows; its error says so.
  bool too_many_errors() const { return too_many_errors_; }

 private:
  void Touch();  // there is something to commit from here on
  // Between transactions: waits until one may begin, and sets its bounds.
  Result<void> AwaitThrottle(const std::stop_token& stop);
  Result<void> CommitAgainWhenOld(const std::stop_token& stop);
  Result<void> Take(const Batch& batch, const std::stop_token& stop);
  Result<void> TakeLines(const Batch& batch, const std::stop_token& stop);
  Result<void> TakeEnd(const Batch& batch);
  std::size_t CutPoint(const Batch& batch, std::size_t from) const;
  void CountOpen(const Batch& batch, std::size_t from, std::size_t to);
  void CountLines(const Batch& batch, std::size_t from, std::size_t to);
  void SetFileCounters(const Counters& counters);
  bool Due() const;
  bool IsFull(std::uint64_t lines, std::uint64_t records, std::uint64_t bytes) const;
  bool Full() const;
  void Publish();
  std::uint64_t StoredBytes() const;

  const ShardTask& task_;
  const Ports& ports_;
  Sink& sink_;
  Isolation& isolation_;
  Checkpoint committed_, next_;
  bool dirty_ = false;  // next_ differs from committed_
  bool open_ = false;   // a transaction with records is open
  SteadyTime dirty_since_{};
  SteadyTime committed_at_;
  ThrottleGate gate_;
  Governor::Answer bounds_;  // most records and bytes of the open transaction
  std::uint64_t open_records_ = 0, open_lines_ = 0, open_bytes_ = 0;
  LinePlace last_record_;
  std::optional<Refusals::value_type> refused_;
  bool too_many_errors_ = false;
  std::uint64_t stored_here_ = 0;  // of the current file, bytes of its stored form that were read
  std::map<int, std::uint64_t> unread_;  // of failed files, those that were not; by list position
  std::uint64_t stored_bytes_;           // of all, as last told
  std::string current_ts_, last_error_;
  std::string ended_file_;  // the last one whose end was taken, and its lines
  std::uint64_t ended_line_ = 0;
};

// What the observer, the worker's row and the display are told.
WorkerRow WorkerRowOf(const ShardTask& task, const Checkpoint& checkpoint);

}  // namespace reprocess
