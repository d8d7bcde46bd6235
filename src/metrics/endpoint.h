// The HTTP port that Prometheus and Kubernetes ask: /metrics, /healthz (200 while the process
// serves), /readyz (503 with the reasons while a shard starts or waits).
//
//   errors     Open: kStop, when the address cannot be had
//   threads    those of http/server.h; AwaitScrape: any
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"

namespace reprocess {

class Endpoint {
 public:
  virtual ~Endpoint() = default;  // waits for no client

  // Waits until /metrics has been answered once more, for at most `most`. False where it was not,
  // or where `stop` fired first.
  virtual bool AwaitScrape(Milliseconds most, const std::stop_token& stop) = 0;
};

// Borrows `metrics` for its life.
Result<std::unique_ptr<Endpoint>> OpenEndpoint(const std::string& address, int port,
                                               const Metrics& metrics);

}  // namespace reprocess
