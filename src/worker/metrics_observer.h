// Hands a shard's progress to its metrics.
//
//   threads    as ProgressObserver
#pragma once

#include "metrics/shard_metrics.h"
#include "replay/progress.h"

namespace reprocess {

class MetricsObserver final : public ProgressObserver {
 public:
  // Borrows both.
  MetricsObserver(ShardMetrics& metrics, Clock& clock) : metrics_(metrics), clock_(clock) {}

  void Claimed(Mode, const Owner& owner) override { metrics_.Claimed(owner.generation); }
  void Progress(const WorkerRow& row) override { metrics_.Progress(row); }
  void Committed(const Checkpoint& checkpoint, std::string_view) override {
    metrics_.Committed(checkpoint, clock_.Wall());
  }
  void CommitTook(SteadyTime::duration time) override { metrics_.CommitTook(time); }
  void Waiting(const std::string& why) override { metrics_.Waiting(why); }
  void Aborted() override { metrics_.Aborted(); }
  void Rewound() override { metrics_.Rewound(); }
  void Throttled(const ThrottleState& state) override { metrics_.Throttled(state); }

 private:
  ShardMetrics& metrics_;
  Clock& clock_;
};

}  // namespace reprocess
