// What a process tells Prometheus about the shards that run in it (docs/metrics.md has the names).
//
//   when       counters show the books of the last committed checkpoint, of the whole shard: also
//              what earlier processes did. Commits, aborts, rewinds, claims and retries are this
//              process's own. Nothing here is called for a line or a batch
//   labels     job_id, shard, reason, queue, state: bounded by shards × closed lists
//   threads    any
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <prometheus/registry.h>

#include "metrics/shard_metrics.h"

namespace reprocess {

class Metrics {
 public:
  explicit Metrics(std::string job_id);

  // Made at the first call, with all of its metrics at zero. Lives as long as this.
  ShardMetrics& Shard(int index);

  // The text exposition format, version 0.0.4.
  std::string Text() const;

  // Whether every shard has been claimed and waits for nothing; a line a shard that does not.
  struct Readiness {
    bool ready;
    std::string text;
  };
  Readiness Ready() const;

 private:
  const std::string job_id_;
  prometheus::Registry registry_;
  MetricFamilies families_;
  mutable std::mutex mutex_;  // of shards_
  std::map<int, std::unique_ptr<ShardMetrics>> shards_;
};

}  // namespace reprocess
