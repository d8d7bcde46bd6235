// Hands a shard's progress to its metrics, and on to whoever else watches.
//
//   threads    as ProgressObserver
#pragma once

#include "metrics/shard_metrics.h"
#include "replay/replay.h"

namespace reprocess {

class MetricsObserver final : public ProgressObserver {
 public:
  // Borrows both; either may be nullptr.
  MetricsObserver(ShardMetrics* metrics, ProgressObserver* next) : metrics_(metrics), next_(next) {}

  void Claimed(Mode mode, const Owner& owner) override;
  void Progress(const WorkerRow& row) override;
  void Committed(const std::string& text) override;
  void Waiting(const std::string& why) override;
  void CommitTook(SteadyTime::duration time) override;
  void Aborted() override;
  void Rewound() override;
  void Throttled(const ThrottleState& state) override;

 private:
  ShardMetrics* const metrics_;
  ProgressObserver* const next_;
};

}  // namespace reprocess
