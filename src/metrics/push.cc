#include "metrics/push.h"

#include <cctype>

#include <fmt/format.h>

#include "net/http.h"

namespace reprocess {
namespace {

constexpr Milliseconds kPatience{5'000};

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

}  // namespace

std::string PushUrl(std::string url, std::string_view job_id, std::optional<int> shard) {
  while (url.ends_with('/')) url.pop_back();
  url += "/metrics/job/reprocess/job_id/" + PercentEncoded(job_id);
  if (shard) url += fmt::format("/shard/{}", *shard);
  return url;
}

Result<void> Push(const std::string& push_url, const Metrics& metrics,
                  const std::stop_token& stop) {
  HttpRequest request{.url = push_url};
  request.method = "PUT";
  request.headers = {{"Content-Type", "text/plain; version=0.0.4"}};
  request.body = metrics.Text();
  request.timeout = request.connect_timeout = kPatience;
  request.follow_redirects = false;
  TRY(const HttpResponse answer, Send(request, stop));
  if (answer.status / 100 == 2) return {};
  return std::unexpected(Error{Scope::kJob, Remedy::kRetry,
                               fmt::format("push metrics: HTTP {}", answer.status),
                               UrlForMessages(push_url), "see METRICS_PUSH_URL"});
}

}  // namespace reprocess
