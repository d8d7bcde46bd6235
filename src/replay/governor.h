// Decides when the next transaction may begin and how large it may be, from limits, other shards,
// consumer lag and what was committed before. Waits for nothing itself.
//
//   rates      a token bucket each for records and bytes: a transaction holds at most what one
//              second allows, and begins when that much is there. What it took is charged when it
//              is committed, so one that is lost costs nothing. At most two seconds are saved up
//   lag        no more is sent between two readings than fits under max_consumer_lag; the pace
//              under it is halved by each reading above the maximum and grows by a sixteenth of
//              the maximum with each reading at or below (AIMD). No reading, or one without a
//              lag, holds everything
//   shares     limits are divided by the number of shards alive
//   threads    one
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "base/clock.h"
#include "model/throttle.h"

namespace reprocess {

// What `rate` a second allows. Rate 0: everything.
class TokenBucket {
 public:
  // A changed rate keeps what is saved up, as far as it fits.
  void SetRate(double per_second, SteadyTime now);
  double rate() const { return rate_; }
  // The most of one transaction: one second's worth, at least 1.
  std::uint64_t Quantum() const;
  // Until one second's worth is there.
  Milliseconds WaitAt(SteadyTime now);
  void Charge(std::uint64_t amount) { balance_ -= static_cast<double>(amount); }

 private:
  void Fill(SteadyTime now);

  double rate_ = 0;
  double balance_ = 0;
  SteadyTime filled_at_{};
};

class Governor {
 public:
  explicit Governor(Clock& clock) : clock_(clock) {}

  void Follow(ThrottleInputs inputs);

  struct Answer {
    Hold hold = Hold::kNone;
    Milliseconds wait{0};  // when to ask again, where something holds; 0: when inputs change
    std::uint64_t records = UINT64_MAX, bytes = UINT64_MAX;  // most of the next transaction
  };
  Answer Ask();

  // A transaction has been committed.
  void Committed(std::uint64_t records, std::uint64_t bytes);

  // With the share of the rates and the lag. `hold` is the caller's.
  ThrottleState StateOf(Hold hold) const;

 private:
  void FollowLag();

  Clock& clock_;
  ThrottleInputs inputs_;
  TokenBucket records_, bytes_, pace_;
  double pace_factor_ = 1;      // of the share of max_consumer_lag, a second
  std::uint64_t headroom_ = 0;  // records that may be sent before the next reading
  std::deque<std::pair<SteadyTime, std::uint64_t>> recent_;  // commits that no reading has seen
  std::uint64_t read_max_ = 0;  // max_consumer_lag that the headroom was reckoned with
};

}  // namespace reprocess
