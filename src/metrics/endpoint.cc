#include "metrics/endpoint.h"

#include <condition_variable>
#include <mutex>

#include <fmt/format.h>

#include "http/server.h"

namespace reprocess {
namespace {

using Request = HttpServer::Request;
using Answer = HttpServer::Answer;
using Takes = HttpServer::Takes;

// Nobody sends anything here, and a few ask.
constexpr HttpServer::Limits kLimits{.body_bytes = 0, .connections = 32};
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

class HttpEndpoint final : public Endpoint {
 public:
  explicit HttpEndpoint(const Metrics& metrics) : metrics_(metrics) {}

  Result<void> Open(const std::string& address, int port) {
    auto server = Serve(address, port, {.routes = Routes(), .limits = kLimits});
    if (!server) {
      return Fatal("open METRICS_PORT: " + server.error().what, fmt::format("{}:{}", address, port),
                   "another process may have it; see METRICS_PORT and METRICS_ADDRESS");
    }
    server_ = *std::move(server);
    return {};
  }

  bool AwaitScrape(Milliseconds most, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = scrapes_;
    return scraped_.wait_for(lock, stop, most, [&] { return scrapes_ > before; });
  }

 private:
  std::vector<HttpServer::Route> Routes() {
    const auto metrics = [this](const Request&) -> Answer {
      return {.type = kMetricsType, .body = metrics_.Text()};
    };
    const auto health = [](const Request&) -> Answer { return {.body = "ok\n"}; };
    const auto ready = [this](const Request&) -> Answer {
      Metrics::Readiness readiness = metrics_.Ready();
      return {.status = readiness.ready ? 200 : 503, .body = std::move(readiness.text)};
    };
    return {{"GET", "/metrics", Takes::kLong, metrics, [this] { CountScrape(); }},
            {"GET", "/healthz", Takes::kNoTime, health},
            {"GET", "/readyz", Takes::kNoTime, ready}};
  }

  void CountScrape() {
    const std::scoped_lock lock(mutex_);
    ++scrapes_;
    scraped_.notify_all();
  }

  const Metrics& metrics_;
  std::mutex mutex_;
  std::condition_variable_any scraped_;
  std::uint64_t scrapes_ = 0;
  std::unique_ptr<HttpServer> server_;  // last: its threads use the rest
};

}  // namespace

Result<std::unique_ptr<Endpoint>> OpenEndpoint(const std::string& address, int port,
                                               const Metrics& metrics) {
  auto endpoint = std::make_unique<HttpEndpoint>(metrics);
  TRY_OK(endpoint->Open(address, port));
  return endpoint;
}

}  // namespace reprocess
