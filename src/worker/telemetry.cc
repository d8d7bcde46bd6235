#include "worker/telemetry.h"

#include "base/log.h"
#include "metrics/push.h"

namespace reprocess {

Telemetry::Telemetry(MetricsSettings settings, Clock& clock, const std::string& job_id,
                     std::optional<int> shard)
    : settings_(std::move(settings)),
      clock_(clock),
      push_url_(PushUrl(settings_.push_url, job_id, shard)) {
  if (settings_.port == 0 && settings_.push_url.empty()) return;
  metrics_ = std::make_unique<Metrics>(job_id);
  if (settings_.port != 0) {
    if (auto opened = OpenEndpoint(settings_.address, settings_.port, *metrics_)) {
      endpoint_ = *std::move(opened);
    } else {
      port_trouble_ = "no metrics and no health port: " + opened.error().ToString();
      Log(LogLevel::kWarn, port_trouble_);
    }
  }
  if (settings_.push_url.empty()) return;
  pushing_ = std::jthread([this](const std::stop_token& stop) {
    while (clock_.SleepFor(settings_.push_interval, stop)) PushNow(stop);
  });
}

Telemetry::~Telemetry() = default;

ShardMetrics* Telemetry::Shard(int index) {
  return metrics_ ? &metrics_->Shard(index) : nullptr;
}

void Telemetry::Finish(const std::stop_token& stop) {
  if (pushing_.joinable()) {
    pushing_.request_stop();
    pushing_.join();
    PushNow({});  // also after a stop request: its time is bounded
  }
  if (lingers(stop) == Milliseconds(0)) return;
  Log(LogLevel::kInfo, "all done, waiting to be scraped once more",
      {{"at_most_ms", settings_.linger.count()}});
  endpoint_->AwaitScrape(settings_.linger, stop);
}

void Telemetry::PushNow(const std::stop_token& stop) const {
  const Result<void> pushed = Push(push_url_, *metrics_, stop);
  if (pushed || pushed.error().code == Code::kStopped) return;
  Log(LogLevel::kWarn, "metrics not pushed", {{"why", pushed.error().ToString()}});
}

}  // namespace reprocess
