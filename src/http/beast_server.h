// All clients, and what they share.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "http/connection.h"
#include "http/handler_pool.h"
#include "http/routes.h"
#include "http/server.h"
#include "http/wire.h"

namespace reprocess {

class BeastServer final : public HttpServer {
 public:
  explicit BeastServer(Options options)
      : options_(std::move(options)),
        routes_(std::move(options_.routes)),
        pool_(options_.limits.handlers, options_.limits.waiting) {
    otherwise_.handle = options_.otherwise;
  }

  ~BeastServer() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    for (const auto& connection : Everybody()) connection->Close();
  }

  Result<void> Open(const std::string& address, int port);

  int port() const override { return port_; }

  void Drain(Milliseconds most) override {
    asio::post(loop_, [this] { BeginDrain(); });
    (void)drained_.try_acquire_for(most);
  }

 private:
  friend class HttpConnection;

  Result<void> LoadTls();
  void Accept();
  void AcceptLater();
  void MakeRoom();
  bool HasRoomForBody(std::size_t bytes, const HttpConnection& asker);
  void LookLater();
  void Look();
  void BeginDrain();
  void Gone() {
    if (draining_ && connections_.empty() && streams_.empty()) drained_.release();
  }
  std::vector<std::shared_ptr<HttpConnection>> Everybody();

  static std::unexpected<Error> Unusable(const Failure& failed) {
    return Fatal("listen: " + (failed ? failed.message() : std::string("no such address")));
  }

  // What a handler throws is not for strangers.
  Answer Asked(const Route& route, const Request& request) const {
    try {
      return route.handle(request);
    } catch (const std::exception&) {
      return RefusalAnswer(kFault);
    }
  }

  Answer RefusalAnswer(HttpRefusal refusal) const {
    Answer answer = options_.refusal ? options_.refusal(refusal.status, refusal.what)
                                     : Answer{.status = refusal.status,
                                              .body = std::string(refusal.what) + '\n'};
    if (refusal.status == 503) answer.headers.emplace_back("Retry-After", "1");
    return answer;
  }

  Options options_;
  const RouteTable routes_;
  Route otherwise_;
  std::list<HttpConnection*> connections_;  // who began to wait first is in front
  std::list<HttpConnection*> streams_;
  std::size_t bodies_bytes_ = 0;
  bool draining_ = false, looking_ = false;
  std::binary_semaphore drained_{0};
  std::optional<asio::ssl::context> tls_;
  asio::io_context loop_{1};
  tcp::acceptor acceptor_{loop_};
  asio::steady_timer again_{loop_}, look_{loop_};
  int port_ = 0;
  std::thread thread_;
  HandlerPool pool_;  // last: its threads use the rest
};

}  // namespace reprocess
