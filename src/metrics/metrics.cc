#include "metrics/metrics.h"

#include <sstream>
#include <utility>

#include <prometheus/text_serializer.h>

namespace reprocess {

Metrics::Metrics(std::string job_id) : job_id_(std::move(job_id)), families_(registry_) {
  prometheus::BuildGauge()
      .Name("reprocess_build_info")
      .Help("1; which build this is")
      .Register(registry_)
      .Add({{"version", REPROCESS_VERSION}})
      .Set(1);
}

ShardMetrics& Metrics::Shard(int index) {
  const std::scoped_lock lock(mutex_);
  auto& shard = shards_[index];
  if (!shard) shard = std::make_unique<ShardMetrics>(families_, job_id_, index);
  return *shard;
}

std::string Metrics::Text() const {
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [index, shard] : shards_) shard->MeasureQueues();
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, registry_.Collect());
  return text.str();
}

Metrics::Readiness Metrics::Ready() const {
  const std::scoped_lock lock(mutex_);
  Readiness all{!shards_.empty(), {}};
  for (const auto& [index, shard] : shards_) {
    const std::string why = shard->NotReady();
    if (why.empty()) continue;
    all.ready = false;
    all.text += "shard " + std::to_string(index) + ": " + why + "\n";
  }
  if (shards_.empty()) all.text = "starting\n";
  if (all.ready) all.text = "ready\n";
  return all;
}

}  // namespace reprocess
