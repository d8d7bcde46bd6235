#include "http/server.h"

#include <algorithm>
#include <list>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "base/hex_digit.h"

namespace reprocess {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Failure = boost::system::error_code;

constexpr Milliseconds kBetweenAccepts{100};  // when there is no descriptor for another one
constexpr Milliseconds kToHearRefusal{1'000};
constexpr std::size_t kHandlerThreads = 1;

// nullopt: not well-formed.
std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      const int high = at + 2 < text.size() ? HexDigit(text[at + 1]) : -1;
      const int low = high >= 0 ? HexDigit(text[at + 2]) : -1;
      if (low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

bool ClimbsUp(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

// Beast's own string view is another type in each release.
std::string_view View(const auto& text) {
  return {text.data(), text.size()};
}

// What to say about bytes that the parser refused; nullopt where nobody is left to hear it.
std::optional<HttpServer::Answer> RefusalOf(const Failure& failed) {
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    return HttpServer::Answer{431, "text/plain", "the head is too long\n"};
  }
  if (failed == http::error::body_limit) {
    return HttpServer::Answer{413, "text/plain", "the body is too long\n"};
  }
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) return {};
  if (failed.category() != Failure(http::error::bad_method).category()) return {};
  return HttpServer::Answer{400, "text/plain", "this is no HTTP/1.1 request\n"};
}

class BeastServer;

// One client. Lives as long as something is under way for it; all but handlers that take long runs
// on the server's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(BeastServer& server, tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Ask();
  void Close() {
    asked_ = true;  // it is on its way out, whatever it had done
    stream_.close();
  }
  bool asked() const { return asked_; }

 private:
  void OnRead(const Failure& failed);
  void Handle(const HttpServer::Route& route, HttpServer::Request request);
  void Refuse(HttpServer::Answer answer);
  void Write(HttpServer::Answer answer, std::function<void()> written);
  void HearOut();

  BeastServer& server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool asked_ = false, head_only_ = false, close_ = false;
  std::list<Connection*>::iterator place_;
};

class BeastServer final : public HttpServer {
 public:
  BeastServer(std::vector<Route> routes, Limits limits)
      : routes_(std::move(routes)), limits_(limits) {}

  ~BeastServer() override {
    handlers_.stop();
    handlers_.join();
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> Open(const std::string& address, int port) {
    Failure failed;
    const auto found =
        tcp::resolver(loop_).resolve(address, std::to_string(port), tcp::resolver::passive, failed);
    if (failed || found.empty()) return Unusable(failed);
    const tcp::endpoint endpoint = found.begin()->endpoint();
    // Not SO_REUSEPORT, which would share the port with another process silently.
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return Unusable(failed);
    port_ = acceptor_.local_endpoint().port();
    Accept();
    thread_ = std::thread([this] { loop_.run(); });
    return {};
  }

  int port() const override { return port_; }

 private:
  friend class Connection;

  static std::unexpected<Error> Unusable(const Failure& failed) {
    return Fatal("listen: " + (failed ? failed.message() : std::string("no such address")));
  }

  void Accept() {
    acceptor_.async_accept([this](const Failure& failed, tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (failed) {
        again_.expires_after(kBetweenAccepts);
        again_.async_wait([this](const Failure& gone) {
          if (!gone) Accept();
        });
        return;
      }
      if (connections_.size() >= limits_.connections) MakeRoom();
      std::make_shared<Connection>(*this, std::move(socket))->Ask();
      Accept();
    });
  }

  void MakeRoom() {
    const auto idle = std::ranges::find(connections_, false, &Connection::asked);
    const auto out = idle != connections_.end() ? idle : connections_.begin();
    (*out)->Close();
    connections_.splice(connections_.end(), connections_, out);
  }

  const std::vector<Route> routes_;
  const Limits limits_;
  std::list<Connection*> connections_;  // who began to wait first is in front
  asio::io_context loop_{1};
  tcp::acceptor acceptor_{loop_};
  asio::steady_timer again_{loop_};
  asio::thread_pool handlers_{kHandlerThreads};
  int port_ = 0;
  std::thread thread_;
};

Connection::Connection(BeastServer& server, tcp::socket socket)
    : server_(server), stream_(std::move(socket)), buffer_(server.limits_.head_bytes) {
  place_ = server.connections_.insert(server.connections_.end(), this);
}

Connection::~Connection() {
  server_.connections_.erase(place_);
}

void Connection::Ask() {
  auto& all = server_.connections_;
  all.splice(all.end(), all, place_);
  asked_ = false;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.limits_.head_bytes));
  parser_->body_limit(server_.limits_.body_bytes);
  stream_.expires_after(server_.limits_.to_ask);
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const Failure& failed, std::size_t) { self->OnRead(failed); });
}

void Connection::OnRead(const Failure& failed) {
  asked_ = true;
  if (failed) {
    if (auto refusal = RefusalOf(failed)) Refuse(*std::move(refusal));
    return;
  }
  auto& message = parser_->get();
  close_ = !message.keep_alive();
  head_only_ = message.method() == http::verb::head;
  const auto hosts = message.count(http::field::host);
  const std::string_view target = View(message.target());
  const auto query_at = std::min(target.find('?'), target.size());
  auto path = Decoded(target.substr(0, query_at));
  if (hosts > 1 || (hosts == 0 && message.version() > 10)) {
    return Refuse({400, "text/plain", "expected one Host\n"});
  }
  if (!path || !path->starts_with('/') || ClimbsUp(*path)) {
    return Refuse({400, "text/plain", "expected a path from the root\n"});
  }
  if (message.method() == http::verb::unknown) {
    return Refuse({501, "text/plain", "no such method\n"});
  }
  HttpServer::Request request{std::string(View(message.method_string())), *std::move(path),
                              std::string(target.substr(std::min(query_at + 1, target.size()))),
                              std::move(message.body())};
  if (head_only_) request.method = "GET";
  parser_.reset();
  bool known = false;
  for (const HttpServer::Route& route : server_.routes_) {
    if (route.path != request.path) continue;
    known = true;
    if (route.method == request.method) return Handle(route, std::move(request));
  }
  if (known) return Refuse({405, "text/plain", "not with this method\n"});
  Write({404, "text/plain", "no such page\n"}, {});
}

void Connection::Handle(const HttpServer::Route& route, HttpServer::Request request) {
  const auto answer = [&route](const HttpServer::Request& asked) {
    try {
      return route.handle(asked);
    } catch (const std::exception&) {  // whose text is not for strangers
      return HttpServer::Answer{500, "text/plain", "this went wrong\n"};
    }
  };
  if (route.takes == HttpServer::Takes::kNoTime) return Write(answer(request), route.written);
  stream_.expires_never();
  asio::post(server_.handlers_,
             [self = shared_from_this(), &route, answer, asked = std::move(request)]() mutable {
               auto made = answer(asked);
               auto& loop = self->server_.loop_;
               asio::post(loop, [self = std::move(self), &route, made = std::move(made)]() mutable {
                 self->Write(std::move(made), route.written);
               });
             });
}

void Connection::Refuse(HttpServer::Answer answer) {
  close_ = true;
  Write(std::move(answer), {});
}

void Connection::Write(HttpServer::Answer answer, std::function<void()> written) {
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(answer.status));
  response_.set(http::field::content_type, answer.type);
  response_.set(http::field::cache_control, "no-store");
  response_.keep_alive(!close_);
  response_.body() = std::move(answer.body);
  response_.prepare_payload();
  if (head_only_) response_.body().clear();
  stream_.expires_after(server_.limits_.to_take);
  http::async_write(stream_, response_,
                    [self = shared_from_this(), written = std::move(written)](const Failure& failed,
                                                                              std::size_t) {
                      if (failed) return;
                      self->response_ = {};
                      if (written) written();
                      if (!self->close_) return self->Ask();
                      self->HearOut();
                    });
}

// A connection that is closed while bytes of the client's are unread is reset, and the client may
// lose the answer.
void Connection::HearOut() {
  Failure ignored;
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kToHearRefusal);
  asked_ = false;
  buffer_.clear();
  const auto hear = [](auto again, const std::shared_ptr<Connection>& self) -> void {
    self->stream_.async_read_some(self->buffer_.prepare(self->buffer_.max_size()),
                                  [again, self](const Failure& failed, std::size_t) {
                                    if (!failed) again(again, self);
                                  });
  };
  hear(hear, shared_from_this());
}

}  // namespace

Result<std::unique_ptr<HttpServer>> Serve(const std::string& address, int port,
                                          std::vector<HttpServer::Route> routes,
                                          HttpServer::Limits limits) {
  auto server = std::make_unique<BeastServer>(std::move(routes), limits);
  TRY_OK(server->Open(address, port));
  return server;
}

}  // namespace reprocess
