#include "kube/api.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "kube/refusal.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMaxBody = 256 << 20;
constexpr Milliseconds kFirstPause{500}, kLongestPause{30'000};
constexpr int kLongestRetryAfter = 60;  // seconds

// "https://name:6443/path" in its parts.
struct ServerUrl {
  std::string_view scheme, host, port, path;
};

ServerUrl Split(std::string_view url) {
  const auto host = url.find("://") + 3;
  const auto end = std::min(url.find('/', host), url.size());
  std::string_view authority = url.substr(host, end - host);
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return {url.substr(0, host), authority.substr(0, has_port ? colon : authority.size()),
          has_port ? authority.substr(colon + 1) : std::string_view(), url.substr(end)};
}

// The certificate has another name than the server's address: the name goes into the URL.
void ConnectUnderAnotherName(HttpRequest& request, const std::string& name) {
  const std::string url = request.url;
  const ServerUrl parts = Split(url);
  const std::string port(parts.port.empty() ? "443" : parts.port);
  request.connect_to = fmt::format("{}:{}", parts.host, port);
  request.headers.push_back({"Host", request.connect_to});
  request.url = fmt::format("{}{}:{}{}", parts.scheme, name, port, parts.path);
}

// How long an overloaded server wants to be left alone.
std::optional<int> RetryAfter(const HttpResponse& answer) {
  const std::string_view text = HeaderOf(answer.headers, "retry-after");
  if (answer.status != 429 && (answer.status != 503 || text.empty())) return std::nullopt;
  int seconds = 1;
  (void)std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::clamp(seconds, 1, kLongestRetryAfter);
}

Error AwayOf(const KubeCall& call, Error error) {
  if (error.remedy == Remedy::kRetry) error.remedy = Remedy::kWait;
  if (error.remedy == Remedy::kWait && error.hint.empty()) {
    error.hint = "the API server does not answer: what was begun is gone on with by the same call";
  }
  return WithContext(NameOf(call), std::move(error));
}

}  // namespace

KubeApi::KubeApi(ClusterAccess access, KubeWorld world, Milliseconds deadline)
    : credentials_(std::move(access), world.clock), world_(std::move(world)), deadline_(deadline) {}

Result<HttpRequest> KubeApi::RequestOf(const KubeCall& call, const std::stop_token& stop) {
  const ClusterAccess& access = credentials_.access();
  HttpRequest request{
      .url = fmt::format("{}/{}/namespaces/{}/{}", access.server, call.resource.api,
                         UriEncoded(access.name_space, Slash::kEncoded), call.resource.plural),
      .headers = {{"Accept", "application/json"}},
      .max_body_bytes = kMaxBody,
      .method = call.method,
      .body = call.body,
      .proxy = access.proxy,
      .follow_redirects = false};
  if (!call.name.empty()) request.url += "/" + UriEncoded(call.name, Slash::kEncoded);
  if (!call.subresource.empty()) request.url += "/" + call.subresource;
  if (!call.query.empty()) request.url += "?" + call.query;
  if (!call.content_type.empty()) request.headers.push_back({"Content-Type", call.content_type});
  if (!access.tls_server_name.empty()) ConnectUnderAnotherName(request, access.tls_server_name);
  TRY_OK(credentials_.AddTo(request, stop));
  return request;
}

Result<HttpResponse> KubeApi::Try(const KubeCall& call, const Exchange& exchange,
                                  Milliseconds longest, const std::stop_token& stop) {
  const SteadyTime deadline = world_.clock.Now() + deadline_;
  for (bool renewed = false;;) {
    TRY(HttpRequest request, RequestOf(call, stop));
    const auto left = std::chrono::ceil<Milliseconds>(deadline - world_.clock.Now());
    request.timeout = longest + std::max(left, Milliseconds(1));
    request.connect_timeout = std::max(left, Milliseconds(1));
    Result<HttpResponse> answer = exchange(request);
    if (!answer) return std::unexpected(AwayOf(call, std::move(answer).error()));
    if (answer->status / 100 == 2) return answer;
    if (answer->status == 401 && !renewed && credentials_.Refused()) {
      renewed = true;
      continue;
    }
    const std::optional<int> seconds = RetryAfter(*answer);
    const Error refusal = RefusalOf(call, name_space(), answer->status, answer->body);
    if (!seconds) return std::unexpected(refusal);
    const Milliseconds wait(static_cast<long>(*seconds * 1'000 * (1 + world_.random() / 2)));
    if (world_.clock.Now() + wait >= deadline) return std::unexpected(refusal);
    if (!world_.clock.SleepFor(wait, stop)) return Stopped(NameOf(call));
  }
}

Result<HttpResponse> KubeApi::Send(const KubeCall& call, const std::stop_token& stop) {
  return Try(
      call, [&](const HttpRequest& request) { return reprocess::Send(request, stop); }, {}, stop);
}

Result<void> KubeApi::Stream(const KubeCall& call, Milliseconds longest, Milliseconds silence,
                             const std::function<bool(std::string_view)>& receive,
                             const std::stop_token& stop) {
  const auto exchange = [&](const HttpRequest& request) {
    const HttpStream stream{
        .first_byte = request.connect_timeout, .silence = silence, .receive = receive};
    return SendStreaming(request, stream, world_.clock, stop);
  };
  TRY_OK(Try(call, exchange, longest, stop));
  return {};
}

bool KubeApi::Pause(int step, const std::stop_token& stop) {
  const auto full = std::min(kLongestPause, kFirstPause * (1L << std::min(step, 10)));
  const auto wait =
      static_cast<long>(static_cast<double>(full.count()) * (1 + world_.random()) / 2);
  return world_.clock.SleepFor(Milliseconds(wait), stop);
}

}  // namespace reprocess
