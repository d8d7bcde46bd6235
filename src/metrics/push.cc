#include "metrics/push.h"

#include <fmt/format.h>

#include "net/http.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr Milliseconds kPatience{5'000};

}  // namespace

std::string PushUrl(std::string url, std::string_view job_id, std::optional<int> shard) {
  while (url.ends_with('/')) url.pop_back();
  url += "/metrics/job/reprocess/job_id/" + UriEncoded(job_id, Slash::kEncoded);
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
  return std::unexpected(Error{.remedy = Remedy::kRetry,
                               .what = fmt::format("push metrics: HTTP {}", answer.status),
                               .where = UrlForMessages(push_url),
                               .hint = "see METRICS_PUSH_URL"});
}

}  // namespace reprocess
