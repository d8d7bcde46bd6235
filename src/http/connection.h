// One client of the server, from its first byte to its last.
//
//   threads    the server's; handlers that take long run on others, and come back to it
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http.hpp>

#include "http/routes.h"
#include "http/server.h"
#include "http/stream_queue.h"
#include "http/wire.h"

namespace reprocess {

namespace http = boost::beast::http;

class BeastServer;

// What is answered to what no handler sees.
struct HttpRefusal {
  int status;
  std::string_view what;
};

constexpr HttpRefusal kFault{500, "this went wrong"};

// One client. Lives as long as something is under way for it, or its stream goes on; all but
// handlers that take long runs on the server's thread.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(BeastServer& server, tcp::socket socket);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void Start();
  void Close();
  void Farewell();  // ends a stream, and closes who has asked nothing
  void OnLeft();    // the client of one that is busy
  bool asked() const { return asked_; }
  bool busy() const { return call_ != 0 || queue_; }
  int descriptor() { return wire_.stream().socket().native_handle(); }
  std::size_t body_bytes() const { return body_bytes_; }

 private:
  using Answer = HttpServer::Answer;
  using Request = HttpServer::Request;
  using Written = std::function<void()>;

  void Ask();
  void OnHead(const Failure& failed);
  std::optional<HttpRefusal> Objection();
  bool MakeRoomForBody();
  void FreeBody();
  void ReadBody();
  void OnRead(const Failure& failed);
  void Dispatch(const RouteTable::Found& found, Request request);
  void HandOver(const HttpServer::Route& route, Request request);
  void OnHandled(std::uint64_t call, Answer answer, const Written& written);
  void Refuse(HttpRefusal refusal);
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
  std::shared_ptr<HttpConnection> kept_;  // itself
  StreamQueue::Taken taken_;
  std::string farewell_;
  bool pumping_ = false;
  std::list<HttpConnection*>::iterator place_;
};

}  // namespace reprocess
