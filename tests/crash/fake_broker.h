// A topic with transactions, in memory: what is committed, what is open, who is fenced; and the
// ways in which a broker lets a producer down.
//
//   answers    the Remedy of each is what src/kafka/ says in that case: a fenced producer's calls
//              are kAbortAndRewind, as after any lost transaction; only the checkpoint tells who
//              took over
//   probe      what it tries is in `tried` alone, and can be committed by nobody
//   order      a Sink called against the order that model/sink.h states fails the test
//   threads    one at a time
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crash/fake_clock.h"
#include "model/sink.h"

namespace reprocess::test {

enum class RecordState : std::uint8_t { kOpen, kCommitted, kAborted };

struct FakeRecord {
  std::string key, value;
  std::optional<std::string> connection_ids;
  RecordState state = RecordState::kOpen;
};

enum class CommitFault : std::uint8_t {
  kNone,
  kLost,          // not made, and nobody answers
  kLostMade,      // made, but the answer is lost
  kLostMadeLate,  // the same, and it only shows when the next connection opens
  kSlow,          // runs out of time, is made when it is called again
  kSlowMade,      // runs out of time although it is made
};

// Where a producer hears that the broker refused a record.
enum class RefusalShows : std::uint8_t { kAtCommit, kAtNextProduce, kAtOnce };

class FakeBroker {
 public:
  explicit FakeBroker(FakeClock& clock) : clock_(clock) {}

  // A new connection, as a new producer object.
  std::unique_ptr<Sink> Connect(bool transactional);

  // What read_committed consumers see.
  std::vector<std::string> Committed() const;
  std::size_t open_records() const;

  std::vector<FakeRecord> records;
  std::optional<std::string> checkpoint;        // the group's committed metadata
  int commits = 0;                              // calls of Commit so far, each with a number from 1
  std::vector<std::vector<std::string>> tried;  // values, of each Try of a probe

  // Faults.
  std::function<bool(std::string_view)> client_refuses, broker_refuses;  // by value
  RefusalShows refusal_shows = RefusalShows::kAtCommit;
  std::uint64_t most_together = UINT64_MAX;  // records; more of them are refused, with transactions
  bool has_probe = true;
  std::optional<Error> probe_fails;  // what every Try answers from its third on
  bool sent_before_commit = false;   // without transactions: at Produce; else at Commit
  std::map<int, CommitFault> commit_faults;
  SteadyTime away_until{};
  std::optional<Error> open_fails;  // what every Open answers
  std::uint64_t max_value_bytes = UINT64_MAX;

 private:
  friend class FakeKafkaSink;
  friend class FakeProbe;
  bool Away() { return clock_.Now() < away_until; }
  void EndOpen(RecordState state);

  FakeClock& clock_;
  int epoch_ = 0;                               // of the newest connection
  std::optional<std::string> late_checkpoint_;  // of a commit that shows at the next Open
};

}  // namespace reprocess::test
