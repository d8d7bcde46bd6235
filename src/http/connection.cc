#include "http/connection.h"

#include <algorithm>
#include <array>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "http/answer_head.h"
#include "http/beast_server.h"
#include "http/target.h"

namespace reprocess {
namespace {

constexpr Milliseconds kToHearRefusal{1'000};
constexpr std::size_t kSlowestBytes = 16;  // a millisecond, that a client takes of a long answer
constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";

// What to say about bytes that the parser refused; nullopt where nobody is left to hear it.
std::optional<HttpRefusal> RefusalOf(const Failure& failed) {
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    return HttpRefusal{431, "the head is too long"};
  }
  if (failed == http::error::body_limit) return HttpRefusal{413, "the body is too long"};
  if (failed == http::error::end_of_stream || failed == http::error::partial_message) return {};
  if (failed.category() != Failure(http::error::bad_method).category()) return {};
  return HttpRefusal{400, "this is no HTTP/1.1 request"};
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

}  // namespace

HttpConnection::HttpConnection(BeastServer& server, tcp::socket socket)
    : server_(server),
      wire_(std::move(socket), server.tls_ ? &*server.tls_ : nullptr),
      address_(AddressOf(wire_.stream().socket())),
      buffer_(server.options_.limits.head_bytes),
      deadline_(server.loop_) {
  place_ = server.connections_.insert(server.connections_.end(), this);
}

HttpConnection::~HttpConnection() {
  FreeBody();
  (queue_ ? server_.streams_ : server_.connections_).erase(place_);
  server_.Gone();
}

void HttpConnection::Start() {
  if (!wire_.has_tls()) return Ask();
  wire_.stream().expires_after(server_.options_.limits.to_ask);
  wire_.Greet([self = shared_from_this()](const Failure& failed) {
    if (!failed) self->Ask();
  });
}

// What was under way for it ends, and with that its life.
void HttpConnection::Close() {
  asked_ = true;  // it is on its way out, whatever it had done
  if (queue_) queue_->Close();
  stop_.request_stop();
  deadline_.cancel();
  wire_.stream().close();
  FreeBody();
  kept_.reset();
}

void HttpConnection::FreeBody() {
  server_.bodies_bytes_ -= std::exchange(body_bytes_, 0);
}

void HttpConnection::Farewell() {
  if (queue_) {
    queue_->Write(std::make_shared<const std::string>(std::exchange(farewell_, {})));
    queue_->End();
  } else if (!asked_) {
    Close();
  }
}

void HttpConnection::Ask() {
  auto& all = server_.connections_;
  all.splice(all.end(), all, place_);
  asked_ = false;
  FreeBody();
  if (server_.draining_) return;
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(server_.options_.limits.head_bytes));
  parser_->body_limit(server_.options_.limits.body_bytes);
  wire_.stream().expires_after(server_.options_.limits.to_ask);
  http::async_read_header(
      wire_, buffer_, *parser_,
      [self = shared_from_this()](const Failure& failed, std::size_t) { self->OnHead(failed); });
}

void HttpConnection::OnHead(const Failure& failed) {
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

std::optional<HttpRefusal> HttpConnection::Objection() {
  const auto& message = parser_->get();
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && !old_)) return HttpRefusal{400, "expected one Host"};
  if (message.method() == http::verb::unknown) return HttpRefusal{501, "no such method"};
  if (!ParseTarget(View(message.target())))
    return HttpRefusal{400, "expected a path from the root"};
  return {};
}

bool HttpConnection::MakeRoomForBody() {
  const auto length = parser_->content_length();
  const std::size_t bytes = length               ? static_cast<std::size_t>(*length)
                            : parser_->chunked() ? server_.options_.limits.body_bytes
                                                 : 0;
  if (!server_.HasRoomForBody(bytes, *this)) return false;
  server_.bodies_bytes_ += bytes;
  body_bytes_ = bytes;
  return true;
}

void HttpConnection::ReadBody() {
  http::async_read(
      wire_, buffer_, *parser_,
      [self = shared_from_this()](const Failure& failed, std::size_t) { self->OnRead(failed); });
}

void HttpConnection::OnRead(const Failure& failed) {
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
                  .stop = (stop_ = std::stop_source()).get_token(),
                  .allowed = found.allowed};
  parser_.reset();
  Dispatch(found, std::move(request));
}

void HttpConnection::Dispatch(const RouteTable::Found& found, Request request) {
  const HttpServer::Route* route = found.route;
  if (!route && server_.otherwise_.handle) route = &server_.otherwise_;
  if (route && route->takes == HttpServer::Takes::kLong)
    return HandOver(*route, std::move(request));
  if (route) return Write(server_.Asked(*route, request), route->written);
  if (found.allowed.empty()) return Write(server_.RefusalAnswer({404, "no such page"}), {});
  Answer answer = server_.RefusalAnswer({405, "not with this method"});
  answer.headers.emplace_back("Allow", found.allowed);
  close_ = true;
  Write(std::move(answer), {});
}

void HttpConnection::HandOver(const HttpServer::Route& route, Request request) {
  wire_.stream().expires_never();
  call_ = ++calls_;
  HandlerPool::Work work = [&server = server_, self = shared_from_this(), call = call_, &route,
                            asked = std::move(request)]() mutable {
    // Who has left while it waited is not worked for.
    Answer made = asked.stop.stop_requested() ? server.RefusalAnswer({503, "you seem to have left"})
                                              : server.Asked(route, asked);
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
void HttpConnection::OnHandled(std::uint64_t call, Answer answer, const Written& written) {
  if (call != call_) return;
  call_ = 0;
  deadline_.cancel();
  Write(std::move(answer), written);
}

void HttpConnection::Refuse(HttpRefusal refusal) {
  asked_ = true;
  close_ = true;
  Write(server_.RefusalAnswer(refusal), {});
}

void HttpConnection::Write(Answer answer, Written written) {
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
  const Milliseconds to_take(
      static_cast<std::int64_t>((body_.size() + fixed.size()) / kSlowestBytes));
  wire_.stream().expires_after(server_.options_.limits.to_take + to_take);
  asio::async_write(wire_, pieces,
                    [self = shared_from_this(), answer = std::move(answer),
                     written = std::move(written)](const Failure& failed, std::size_t) mutable {
                      if (failed) return self->Close();
                      self->OnWritten(std::move(answer), written);
                    });
}

void HttpConnection::OnWritten(Answer answer, const Written& written) {
  head_.clear();
  body_ = {};
  if (written) written();
  if (answer.follow && !head_only_) return Follow(answer);
  if (!close_) return Ask();
  HearOut();
}

void HttpConnection::Follow(const Answer& answer) {
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
void HttpConnection::Pump() {
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
  wire_.stream().expires_after(server_.options_.limits.to_take);
  asio::async_write(wire_, pieces,
                    [self = shared_from_this(), ended = taken_.ended](
                        const Failure& failed, std::size_t) { self->OnPumped(failed, ended); });
}

void HttpConnection::OnPumped(const Failure& failed, bool ended) {
  pumping_ = false;
  wire_.stream().expires_never();
  if (failed) return Close();
  if (!ended) return Pump();
  queue_->Close();
  stop_.request_stop();
  kept_.reset();
  HearOut();
}

// A connection that is closed while bytes of the client's are unread is reset, and the client may
// lose the answer.
void HttpConnection::HearOut() {
  asked_ = false;
  wire_.stream().expires_after(kToHearRefusal);
  if (wire_.has_tls()) return wire_.Part([self = shared_from_this()](const Failure&) {});
  Failure ignored;
  wire_.stream().socket().shutdown(tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  HearMore();
}

void HttpConnection::HearMore() {
  wire_.async_read_some(buffer_.prepare(buffer_.max_size()),
                        [self = shared_from_this()](const Failure& failed, std::size_t) {
                          if (!failed) self->HearMore();
                        });
}

void HttpConnection::OnLeft() {
  if (queue_) return Close();
  stop_.request_stop();  // who has only ended its own side still hears the answer
}

}  // namespace reprocess
