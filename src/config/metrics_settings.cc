#include "config/load.h"
#include "config/value_text.h"
#include "net/http.h"

namespace reprocess {

MetricsSettings ReadMetricsSettings(const Variables& variables) {
  constexpr std::uint64_t kMostPort = 65'535;
  MetricsSettings s;
  if (const auto port = variables.Whole("METRICS_PORT", 0, kMostPort)) {
    s.port = static_cast<int>(*port);
  }
  if (const auto address = variables.Text("METRICS_ADDRESS")) s.address = *address;
  variables.Duration("METRICS_LINGER_MS", s.linger, Milliseconds(0), std::chrono::hours(1));
  variables.Duration("METRICS_PUSH_INTERVAL_MS", s.push_interval, Milliseconds(10),
                     std::chrono::hours(1));
  s.push_url = variables.Text("METRICS_PUSH_URL").value_or("");
  const std::string lower = LowerCase(s.push_url);
  if (!lower.empty() && !lower.starts_with("http://") && !lower.starts_with("https://")) {
    variables.problems().Add("METRICS_PUSH_URL", {}, {},
                             "expected the http:// or https:// URL of a Pushgateway");
  }
  return s;
}

}  // namespace reprocess
