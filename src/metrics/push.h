// Pushes the metrics to a Pushgateway, for jobs that end before they are scraped.
//
//   group      job="reprocess", the job_id, and the shard where the process has a single one, so
//              that a successor replaces what its predecessor left
//   errors     those of net/http.h; kRetry for an answer that is no success
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "metrics/metrics.h"

namespace reprocess {

// The URL of the group; `url` is that of the gateway, without /metrics/….
std::string PushUrl(std::string url, std::string_view job_id, std::optional<int> shard);

// Replaces the group at `push_url`.
Result<void> Push(const std::string& push_url, const Metrics& metrics, const std::stop_token& stop);

}  // namespace reprocess
