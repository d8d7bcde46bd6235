// A process's metrics, where the settings ask for them: the registry, the port, the pushes.
//
//   errors     none that stop a replay: a port that cannot be had and a push that fails are logged
//   threads    Shard: any. One thread of its own pushes
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "metrics/endpoint.h"
#include "metrics/metrics.h"
#include "model/settings.h"

namespace reprocess {

class Telemetry {
 public:
  // `shard`: where the process has one alone.
  // Borrows `clock`.
  Telemetry(MetricsSettings settings, Clock& clock, const std::string& job_id,
            std::optional<int> shard);
  ~Telemetry();

  // nullptr where nobody asks for metrics.
  ShardMetrics* Shard(int index);

  // Why the port could not be had; or empty.
  const std::string& port_trouble() const { return port_trouble_; }

  // How long Finish may wait for a scrape.
  Milliseconds lingers(const std::stop_token& stop) const {
    return endpoint_ && !stop.stop_requested() ? settings_.linger : Milliseconds(0);
  }

  // When all shards have ended: pushes a last time, and waits until the end has been scraped, at
  // most settings.linger. A stop request ends the waiting.
  void Finish(const std::stop_token& stop);

 private:
  void PushNow(const std::stop_token& stop) const;

  const MetricsSettings settings_;
  Clock& clock_;
  const std::string push_url_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Endpoint> endpoint_;
  std::string port_trouble_;
  std::jthread pushing_;
};

}  // namespace reprocess
