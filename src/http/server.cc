#include "http/server.h"

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <semaphore>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>
#include <poll.h>

#include "http/answer_head.h"
#include "http/handler_pool.h"
#include "http/routes.h"
#include "http/stream_queue.h"
#include "http/target.h"
#include "http/wire.h"

namespace reprocess {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Failure = boost::system::error_code;
using Answer = HttpServer::Answer;
using Request = HttpServer::Request;

constexpr Milliseconds kBetweenAccepts{100};  // when there is no descriptor for another one
constexpr Milliseconds kBetweenLooks{250};    // for clients that leave before they have an answer
constexpr Milliseconds kToHearRefusal{1'000};
constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";

struct Refusal {
  int status;
  std::string_view what;
};

constexpr Refusal kFault{500, "this went wrong"};

// What to say about bytes that the parser refused; nullopt where nobody is left to hear it.
std::optional<Refusal> RefusalOf(const Failure& failed) {
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    return Refusal{431, "the head is too long"};
  }
  if (failed == http::error::body_limit) return Refusal{413, "the body is too long"};
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) return {};
  if (failed.category() != Failure(http::error::bad_method).category()) return {};
  return Refusal{400, "this is no HTTP/1.1 request"};
}

// Beast's own string view is another type in each release.
std::string_view View(const auto& text) {
  return {text.data(), text.size()};
}

std::string AddressOf(const tcp::socket& socket) {
  Failure failed;
  const asio::ip::address address = socket.remote_endpoint(failed).address();
  if (failed) return {};
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

std::vector<HttpServer::Header> HeadersOf(const auto& message) {
  std::vector<HttpServer::Header> headers;
  for (const auto& field : message) {
    std::string name(View(field.name_string()));
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    headers.emplace_back(std::move(name), View(field.value()));
  }
  return headers;
}

class BeastServer;

// One client. Lives as long as something is under way for it, or its stream goes on; all but
// handlers that take long runs on the server's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(BeastServer& server, tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();
  void Close();
  void Farewell();  // ends a stream, and closes who has asked nothing
  void OnLeft();    // the client of one that is busy
  bool asked() const { return asked_; }
  bool busy() const { return call_ != 0 || queue_; }
  int descriptor() { return wire_.tcp().socket().native_handle(); }
  std::size_t body_bytes() const { return body_bytes_; }

 private:
  using Written = std::function<void()>;

  void Ask();
  void OnHead(const Failure& failed);
  std::optional<Refusal> Objection();
  bool MakeRoomForBody();
  void FreeBody();
  void ReadBody();
  void OnRead(const Failure& failed);
  void Dispatch(const RouteTable::Found& found, Request request);
  void HandOver(const HttpServer::Route& route, Request request);
  void OnHandled(std::uint64_t call, Answer answer, const Written& written);
  void Refuse(Refusal refusal);
  void Write(Answer answer, Written written);
  void OnWritten(Answer answer, const Written& written);
  void Follow(const Answer& answer);
  void Pump();
  void OnPumped(const Failure& failed, bool ended);
  void HearOut();
  void HearMore();

  BeastServer& server_;
  Wire wire_;
  const std::string address_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::size_t body_bytes_ = 0;  // what is set apart for the body
  bool asked_ = false, head_only_ = false, close_ = false, old_ = false;
  std::stop_source stop_;
  std::uint64_t call_ = 0, calls_ = 0;  // the handler that is waited for; 0: none
  asio::steady_timer deadline_;
  std::string head_, body_;
  // A stream's:
  std::shared_ptr<StreamQueue> queue_;
  std::shared_ptr<Connection> kept_;  // itself
  StreamQueue::Taken taken_;
  std::string farewell_;
  bool pumping_ = false;
  std::list<Connection*>::iterator place_;
};

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
  friend class Connection;

  Result<void> LoadTls();
  void Accept();
  void MakeRoom();
  bool HasRoomForBody(std::size_t bytes, const Connection& asker);
  void LookLater();
  void Look();
  void BeginDrain();
  void Gone() {
    if (draining_ && connections_.empty() && streams_.empty()) drained_.release();
  }
  std::vector<std::shared_ptr<Connection>> Everybody();

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

  Answer RefusalAnswer(Refusal refusal) const {
    Answer answer = options_.refusal ? options_.refusal(refusal.status, refusal.what)
                                     : Answer{.status = refusal.status,
                                              .body = std::string(refusal.what) + '\n'};
    if (refusal.status == 503) answer.headers.emplace_back("Retry-After", "1");
    return answer;
  }

  Options options_;
  const RouteTable routes_;
  Route otherwise_;
  std::list<Connection*> connections_;  // who began to wait first is in front
  std::list<Connection*> streams_;
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

Connection::Connection(BeastServer& server, tcp::socket socket)
    : server_(server),
      wire_(std::move(socket), server.tls_ ? &*server.tls_ : nullptr),
      address_(AddressOf(wire_.tcp().socket())),
      buffer_(server.options_.limits.head_bytes),
      deadline_(server.loop_) {
  place_ = server.connections_.insert(server.connections_.end(), this);
}

Connection::~Connection() {
  FreeBody();
  (queue_ ? server_.streams_ : server_.connections_).erase(place_);
  server_.Gone();
}

void Connection::Start() {
  if (!wire_.has_tls()) return Ask();
  wire_.tcp().expires_after(server_.options_.limits.to_ask);
  wire_.Greet([self = shared_from_this()](const Failure& failed) {
    if (!failed) self->Ask();
  });
}

// What was under way for it ends, and with that its life.
void Connection::Close() {
  asked_ = true;  // it is on its way out, whatever it had done
  if (queue_) queue_->Close();
  stop_.request_stop();
  deadline_.cancel();
  wire_.tcp().close();
  FreeBody();
  kept_.reset();
}

void Connection::FreeBody() {
  server_.bodies_bytes_ -= std::exchange(body_bytes_, 0);
}

void Connection::Farewell() {
  if (queue_) {
    queue_->Write(std::make_shared<const std::string>(std::exchange(farewell_, {})));
    queue_->End();
  } else if (!asked_) {
    Close();
  }
}

void Connection::Ask() {
  auto& all = server_.connections_;
  all.splice(all.end(), all, place_);
  asked_ = false;
  FreeBody();
  if (server_.draining_) return;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.options_.limits.head_bytes));
  parser_->body_limit(server_.options_.limits.body_bytes);
  wire_.tcp().expires_after(server_.options_.limits.to_ask);
  http::async_read_header(
      wire_, buffer_, *parser_,
      [self = shared_from_this()](const Failure& failed, std::size_t) { self->OnHead(failed); });
}

void Connection::OnHead(const Failure& failed) {
  if (failed) {
    if (const auto refusal = RefusalOf(failed)) Refuse(*refusal);
    return;
  }
  const auto& message = parser_->get();
  old_ = message.version() < 11;
  close_ = old_ || !message.keep_alive();
  head_only_ = message.method() == http::verb::head;
  if (const auto objection = Objection()) return Refuse(*objection);
  if (!MakeRoomForBody()) return Refuse({503, "too many bodies are being sent"});
  if (View(message[http::field::expect]) != "100-continue") return ReadBody();
  asio::async_write(wire_, asio::buffer(kGoOn.data(), kGoOn.size()),
                    [self = shared_from_this()](const Failure& gone, std::size_t) {
                      if (!gone) self->ReadBody();
                    });
}

std::optional<Refusal> Connection::Objection() {
  const auto& message = parser_->get();
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && !old_)) return Refusal{400, "expected one Host"};
  if (message.method() == http::verb::unknown) return Refusal{501, "no such method"};
  if (!ParseTarget(View(message.target()))) return Refusal{400, "expected a path from the root"};
  return {};
}

bool Connection::MakeRoomForBody() {
  const auto length = parser_->content_length();
  const std::size_t bytes = length               ? static_cast<std::size_t>(*length)
                            : parser_->chunked() ? server_.options_.limits.body_bytes
                                                 : 0;
  if (!server_.HasRoomForBody(bytes, *this)) return false;
  server_.bodies_bytes_ += bytes;
  body_bytes_ = bytes;
  return true;
}

void Connection::ReadBody() {
  http::async_read(
      wire_, buffer_, *parser_,
      [self = shared_from_this()](const Failure& failed, std::size_t) { self->OnRead(failed); });
}

void Connection::OnRead(const Failure& failed) {
  if (failed) {
    if (const auto refusal = RefusalOf(failed)) Refuse(*refusal);
    return;
  }
  asked_ = true;
  const auto& message = parser_->get();
  const auto target = ParseTarget(View(message.target()));  // which was looked at with the head
  const std::string_view method = head_only_ ? "GET" : View(message.method_string());
  RouteTable::Found found = server_.routes_.Find(method, target->segments);
  Request request{.method = std::string(method),
                  .path = std::string(target->path),
                  .parts = std::move(found.parts),
                  .query = std::string(target->query),
                  .body = std::move(parser_->get().body()),
                  .address = address_,
                  .headers = HeadersOf(message),
                  .stop = (stop_ = std::stop_source()).get_token()};
  parser_.reset();
  Dispatch(found, std::move(request));
}

void Connection::Dispatch(const RouteTable::Found& found, Request request) {
  const HttpServer::Route* route = found.route;
  const bool unknown = found.allowed.empty();
  if (!route && server_.otherwise_.handle && (unknown || request.method == "OPTIONS")) {
    route = &server_.otherwise_;
  }
  if (route && route->takes == HttpServer::Takes::kLong)
    return HandOver(*route, std::move(request));
  if (route) return Write(server_.Asked(*route, request), route->written);
  if (unknown) return Write(server_.RefusalAnswer({404, "no such page"}), {});
  Answer answer = server_.RefusalAnswer({405, "not with this method"});
  answer.headers.emplace_back("Allow", found.allowed);
  close_ = true;
  Write(std::move(answer), {});
}

void Connection::HandOver(const HttpServer::Route& route, Request request) {
  wire_.tcp().expires_never();
  call_ = ++calls_;
  HandlerPool::Work work = [&server = server_, self = shared_from_this(), call = call_, &route,
                            asked = std::move(request)]() mutable {
    // Who has left while it waited is not worked for.
    Answer made = asked.stop.stop_requested() ? Answer{} : server.Asked(route, asked);
    auto& loop = server.loop_;
    asio::post(loop, [self = std::move(self), call, &route, made = std::move(made)]() mutable {
      self->OnHandled(call, std::move(made), route.written);
    });
  };
  if (!server_.pool_.Add(work)) {
    call_ = 0;
    return Write(server_.RefusalAnswer({503, "too much waits to be answered"}), {});
  }
  server_.LookLater();
  deadline_.expires_after(route.within);
  deadline_.async_wait([self = shared_from_this(), call = call_](const Failure& ended) {
    if (ended || call != self->call_) return;
    self->stop_.request_stop();
    self->OnHandled(call, self->server_.RefusalAnswer({503, "this took too long"}), {});
  });
}

// Also of a handler whose client has had its answer meanwhile.
void Connection::OnHandled(std::uint64_t call, Answer answer, const Written& written) {
  if (call != call_) return;
  call_ = 0;
  deadline_.cancel();
  Write(std::move(answer), written);
}

void Connection::Refuse(Refusal refusal) {
  asked_ = true;
  close_ = true;
  Write(server_.RefusalAnswer(refusal), {});
}

void Connection::Write(Answer answer, Written written) {
  if (answer.follow && server_.streams_.size() >= server_.options_.limits.streams) {
    answer = server_.RefusalAnswer({503, "too many streams are open"});
  }
  const bool streams = static_cast<bool>(answer.follow);
  close_ = close_ || streams || server_.draining_;
  const Framing framing = !streams ? Framing::kLength : old_ ? Framing::kClose : Framing::kChunked;
  auto head = HeadOf(answer, server_.options_.headers, framing, close_);
  if (!head) {
    answer = server_.RefusalAnswer(kFault);
    head = HeadOf(answer, server_.options_.headers, Framing::kLength, close_);
  }
  head_ = head ? *std::move(head) : "";
  const bool with_body = !head_only_ && !answer.follow;
  body_ = with_body ? std::move(answer.body) : "";
  const std::string_view fixed = with_body ? answer.fixed : "";
  const std::array<asio::const_buffer, 3> pieces{asio::buffer(head_), asio::buffer(body_),
                                                 asio::buffer(fixed.data(), fixed.size())};
  wire_.tcp().expires_after(server_.options_.limits.to_take);
  asio::async_write(wire_, pieces,
                    [self = shared_from_this(), answer = std::move(answer),
                     written = std::move(written)](const Failure& failed, std::size_t) mutable {
                      if (failed) return self->Close();
                      self->OnWritten(std::move(answer), written);
                    });
}

void Connection::OnWritten(Answer answer, const Written& written) {
  head_.clear();
  body_ = {};
  if (written) written();
  if (answer.follow && !head_only_) return Follow(answer);
  if (!close_) return Ask();
  HearOut();
}

void Connection::Follow(const Answer& answer) {
  queue_ = std::make_shared<StreamQueue>(server_.options_.limits.stream_bytes,
                                         [&loop = server_.loop_, weak = weak_from_this()] {
                                           asio::post(loop, [weak] {
                                             if (const auto self = weak.lock()) self->Pump();
                                           });
                                         });
  kept_ = shared_from_this();
  server_.streams_.splice(server_.streams_.end(), server_.connections_, place_);
  farewell_ = answer.farewell;
  server_.LookLater();
  queue_->Write(std::make_shared<const std::string>(answer.body));
  answer.follow(queue_);
  if (server_.draining_) Farewell();
}

// What waits, as one chunk.
void Connection::Pump() {
  if (pumping_ || !kept_) return;
  taken_ = queue_->Take();
  if (taken_.dropped) return Close();
  if (taken_.pieces.empty() && !taken_.ended) return;
  std::size_t bytes = 0;
  for (const auto& piece : taken_.pieces) bytes += piece->size();
  head_ = bytes > 0 && !old_ ? fmt::format("{:x}\r\n", bytes) : "";
  body_ = old_ ? "" : bytes > 0 ? "\r\n" : "";
  if (taken_.ended && !old_) body_ += "0\r\n\r\n";
  std::vector<asio::const_buffer> pieces{asio::buffer(head_)};
  for (const auto& piece : taken_.pieces) pieces.push_back(asio::buffer(*piece));
  pieces.push_back(asio::buffer(body_));
  pumping_ = true;
  wire_.tcp().expires_after(server_.options_.limits.to_take);
  asio::async_write(wire_, pieces,
                    [self = shared_from_this(), ended = taken_.ended](
                        const Failure& failed, std::size_t) { self->OnPumped(failed, ended); });
}

void Connection::OnPumped(const Failure& failed, bool ended) {
  pumping_ = false;
  wire_.tcp().expires_never();
  if (failed) return Close();
  if (!ended) return Pump();
  queue_->Close();
  stop_.request_stop();
  kept_.reset();
  HearOut();
}

// A connection that is closed while bytes of the client's are unread is reset, and the client may
// lose the answer.
void Connection::HearOut() {
  asked_ = false;
  wire_.tcp().expires_after(kToHearRefusal);
  if (wire_.has_tls()) return wire_.Part([self = shared_from_this()](const Failure&) {});
  Failure ignored;
  wire_.tcp().socket().shutdown(tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  HearMore();
}

void Connection::HearMore() {
  wire_.async_read_some(buffer_.prepare(buffer_.max_size()),
                        [self = shared_from_this()](const Failure& failed, std::size_t) {
                          if (!failed) self->HearMore();
                        });
}

void Connection::OnLeft() {
  if (queue_) return Close();
  stop_.request_stop();  // who has only ended its own side still hears the answer
}

Result<void> BeastServer::Open(const std::string& address, int port) {
  TRY_OK(LoadTls());
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

Result<void> BeastServer::LoadTls() {
  if (options_.tls_certificate.empty()) return {};
  using Tls = asio::ssl::context;
  tls_.emplace(Tls::tls_server);
  tls_->set_options(Tls::default_workarounds | Tls::no_sslv2 | Tls::no_sslv3 | Tls::no_tlsv1 |
                    Tls::no_tlsv1_1);
  const auto refused = [](const std::string& file, const Failure& failed) {
    return Fatal("read the TLS files: " + failed.message(), file,
                 "expected PEM: the certificate with its chain, and its key without a passphrase");
  };
  Failure failed;
  tls_->use_certificate_chain_file(options_.tls_certificate, failed);
  if (failed) return refused(options_.tls_certificate, failed);
  tls_->use_private_key_file(options_.tls_key, Tls::pem, failed);
  if (failed) return refused(options_.tls_key, failed);
  return {};
}

void BeastServer::Accept() {
  acceptor_.async_accept([this](const Failure& failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted || draining_) return;
    if (failed) {
      again_.expires_after(kBetweenAccepts);
      again_.async_wait([this](const Failure& gone) {
        if (!gone) Accept();
      });
      return;
    }
    if (connections_.size() >= options_.limits.connections) MakeRoom();
    std::make_shared<Connection>(*this, std::move(socket))->Start();
    Accept();
  });
}

void BeastServer::MakeRoom() {
  const auto idle = std::ranges::find(connections_, false, &Connection::asked);
  const auto out = idle != connections_.end() ? idle : connections_.begin();
  (*out)->Close();
  connections_.splice(connections_.end(), connections_, out);
}

// Who has waited longest with half a body makes room.
bool BeastServer::HasRoomForBody(std::size_t bytes, const Connection& asker) {
  for (auto other = connections_.begin(); other != connections_.end(); ++other) {
    if (bodies_bytes_ + bytes <= options_.limits.bodies_bytes) return true;
    if (*other != &asker && !(*other)->asked() && (*other)->body_bytes() > 0) (*other)->Close();
  }
  return bodies_bytes_ + bytes <= options_.limits.bodies_bytes;
}

void BeastServer::LookLater() {
  if (std::exchange(looking_, true)) return;
  look_.expires_after(kBetweenLooks);
  look_.async_wait([this](const Failure& ended) {
    if (!ended) Look();
  });
}

// Whose client has closed its side, without reading on. A client may have sent more before that,
// and with TLS it has, so that it is no use to wait for something to read.
void BeastServer::Look() {
  looking_ = false;
  std::vector<std::shared_ptr<Connection>> busy = Everybody();
  std::erase_if(busy, [](const auto& connection) { return !connection->busy(); });
  if (busy.empty()) return;
  std::vector<pollfd> sockets;
  for (const auto& connection : busy) sockets.push_back({connection->descriptor(), POLLRDHUP, 0});
  if (::poll(sockets.data(), sockets.size(), 0) > 0) {
    for (std::size_t i = 0; i < busy.size(); ++i) {
      if (sockets[i].revents != 0) busy[i]->OnLeft();
    }
  }
  LookLater();
}

void BeastServer::BeginDrain() {
  draining_ = true;
  Failure ignored;
  acceptor_.close(ignored);
  again_.cancel();
  const auto everybody = Everybody();
  if (everybody.empty()) drained_.release();
  for (const auto& connection : everybody) connection->Farewell();
}

std::vector<std::shared_ptr<Connection>> BeastServer::Everybody() {
  std::vector<std::shared_ptr<Connection>> all;
  for (const auto* list : {&connections_, &streams_}) {
    for (Connection* connection : *list) all.push_back(connection->shared_from_this());
  }
  return all;
}

}  // namespace

const std::string* HttpServer::Request::Find(std::string_view name) const {
  const auto found =
      std::ranges::find(headers, name, [](const Header& h) -> std::string_view { return h.first; });
  return found != headers.end() ? &found->second : nullptr;
}

Result<std::unique_ptr<HttpServer>> Serve(const std::string& address, int port,
                                          HttpServer::Options options) {
  auto server = std::make_unique<BeastServer>(std::move(options));
  TRY_OK(server->Open(address, port));
  return server;
}

}  // namespace reprocess
