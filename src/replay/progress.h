// What a replay tells of itself while it runs, and who hears it.
//
//   threads    told on the delivering thread, Waiting on the ledger's too and on the one that watches
//              commits; must be quick
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/checkpoint.h"
#include "model/stores.h"
#include "model/throttle.h"

namespace reprocess {

class ProgressObserver {
 public:
  virtual ~ProgressObserver() = default;
  // This process owns the shard from here on: heartbeats and guarded rows may begin.
  virtual void Claimed(Mode, const Owner&) {}
  // The worker's row as of the last commit, or of the claim.
  virtual void Progress(const WorkerRow&) {}
  // A new checkpoint is committed, as this text.
  virtual void Committed(const Checkpoint&, std::string_view /*text*/) {}
  // The commit of which Committed tells was answered after this time.
  virtual void CommitTook(SteadyTime::duration) {}
  // For what is away, as "Kafka: …"; empty when it goes on. Limits are no such wait: Throttled.
  virtual void Waiting(const std::string& /*why*/) {}
  // A transaction with records was given up, or nobody knows its outcome.
  virtual void Aborted() {}
  // A transaction was lost, and the shard claimed again at its checkpoint.
  virtual void Rewound() {}
  // What holds the shard back has changed; the first state, nothing, is not told.
  virtual void Throttled(const ThrottleState&) {}
};

// Tells several, in the order in which they were added, none of which knows of another.
class ProgressFanOut final : public ProgressObserver {
 public:
  void Add(ProgressObserver& observer) { observers_.push_back(&observer); }  // borrowed

  void Claimed(Mode mode, const Owner& owner) override {
    Tell(&ProgressObserver::Claimed, mode, owner);
  }
  void Progress(const WorkerRow& row) override { Tell(&ProgressObserver::Progress, row); }
  void Committed(const Checkpoint& checkpoint, std::string_view text) override {
    Tell(&ProgressObserver::Committed, checkpoint, text);
  }
  void CommitTook(SteadyTime::duration time) override { Tell(&ProgressObserver::CommitTook, time); }
  void Waiting(const std::string& why) override { Tell(&ProgressObserver::Waiting, why); }
  void Aborted() override { Tell(&ProgressObserver::Aborted); }
  void Rewound() override { Tell(&ProgressObserver::Rewound); }
  void Throttled(const ThrottleState& state) override { Tell(&ProgressObserver::Throttled, state); }

 private:
  template <class... Parameters, class... Arguments>
  void Tell(void (ProgressObserver::*what)(Parameters...), const Arguments&... arguments) {
    for (ProgressObserver* const observer : observers_) (observer->*what)(arguments...);
  }

  std::vector<ProgressObserver*> observers_;
};

}  // namespace reprocess
