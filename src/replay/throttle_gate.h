// Where the delivering stage waits between two transactions: for the operator, a rate, or a
// consumer. Tells the observer what holds it.
//
//   cost       without limits one short lock a transaction
//   threads    the delivering stage's
#pragma once

#include <functional>
#include <stop_token>

#include "replay/governor.h"
#include "replay/replay.h"

namespace reprocess {

class ThrottleGate {
 public:
  explicit ThrottleGate(const Ports& ports) : ports_(ports), governor_(ports.clock) {}

  // Returns when a transaction may begin, with its most records and bytes. Calls `meanwhile`, at
  // least ten times a second, with what holds. kStopped at a stop request.
  Result<Governor::Answer> Pass(const std::function<Result<void>(Hold)>& meanwhile,
                                const std::stop_token& stop);

  void Committed(std::uint64_t records, std::uint64_t bytes, Milliseconds broker_throttle);

 private:
  void Tell(Hold hold);

  const Ports& ports_;
  Governor governor_;
  Milliseconds broker_throttle_{0};
  ThrottleState told_;
  SteadyTime slowed_at_{};  // when a rate last made a transaction wait
};

}  // namespace reprocess
