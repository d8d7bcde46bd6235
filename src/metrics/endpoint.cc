#include "metrics/endpoint.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

namespace reprocess {
namespace {

constexpr std::size_t kThreads = 4;
constexpr int kPatienceSeconds = 5;  // with a client that is slow to ask or to take
constexpr const char* kMetricsPath = "/metrics";
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

class HttpEndpoint final : public Endpoint {
 public:
  explicit HttpEndpoint(const Metrics& metrics) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_keep_alive_max_count(1);  // an idle connection would hold a thread, and the end up
    server_.set_read_timeout(kPatienceSeconds);
    server_.set_write_timeout(kPatienceSeconds);
    server_.set_payload_max_length(0);
    // The library's own choice, SO_REUSEPORT, would share the port with another worker silently.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.Get(kMetricsPath, [&](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics.Text(), kMetricsType);
    });
    server_.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("ok\n", "text/plain");
    });
    server_.Get("/readyz", [&](const httplib::Request&, httplib::Response& response) {
      const Metrics::Readiness readiness = metrics.Ready();
      response.status = readiness.ready ? 200 : 503;
      response.set_content(readiness.text, "text/plain; charset=utf-8");
    });
    // Called when the answer has been written.
    server_.set_logger([this](const httplib::Request& request, const httplib::Response&) {
      if (request.path != kMetricsPath) return;
      const std::scoped_lock lock(mutex_);
      ++scrapes_;
      scraped_.notify_all();
    });
  }

  ~HttpEndpoint() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> Open(const std::string& address, int port) {
    errno = 0;
    if (!server_.bind_to_port(address, port)) {
      const std::string reason =
          errno != 0 ? std::generic_category().message(errno) : "the address cannot be used";
      return Fatal("open METRICS_PORT: " + reason, fmt::format("{}:{}", address, port),
                   "another process may have it; see METRICS_PORT and METRICS_ADDRESS");
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() of a server that does not run yet does nothing.
    while (!server_.is_running()) std::this_thread::yield();
    return {};
  }

  bool AwaitScrape(Milliseconds most, const std::stop_token& stop) override {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = scrapes_;
    return scraped_.wait_for(lock, stop, most, [&] { return scrapes_ > before; });
  }

 private:
  httplib::Server server_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable_any scraped_;
  std::uint64_t scrapes_ = 0;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> OpenEndpoint(const std::string& address, int port,
                                               const Metrics& metrics) {
  auto endpoint = std::make_unique<HttpEndpoint>(metrics);
  TRY_OK(endpoint->Open(address, port));
  return endpoint;
}

}  // namespace reprocess
