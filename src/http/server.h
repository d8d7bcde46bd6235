// An HTTP/1.1 server that a stranger may ask: whatever comes is bounded in bytes, time and number.
// server.cc is the one file that knows Boost.Beast.
//
//   bounds     of one request: head and body, the time until it is whole (an idle connection has as
//              long), the time for its answer to be taken. Of all: connections; at the bound the one
//              that has waited longest without a whole request is closed, so that new ones are served
//   refused    400 for two Hosts or none, Content-Length beside Transfer-Encoding, `..` in the path
//              and what is no HTTP; 404, 405, 413, 431, and 501 for a method that nobody knows. A
//              connection that was refused something is closed
//   routes     exact paths, compared with the percent-decoded one. HEAD is answered as GET without its body
//   threads    one of its own that reads and writes, and one for handlers that may take long: no
//              client ever waits for them but the one that asked
//   the end    the destructor waits for a handler under way, and for no client
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

class HttpServer {
 public:
  struct Request {
    std::string method;  // as in the route, also for HEAD
    std::string path;    // decoded, without the query
    std::string query;   // as it was sent, without the `?`
    std::string body;
  };
  struct Answer {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
  };
  enum class Takes : std::uint8_t { kNoTime, kLong };
  struct Route {
    std::string method, path;
    Takes takes;
    std::function<Answer(const Request&)> handle;
    // Called when an answer of `handle` has been given to the system to send; may be empty.
    std::function<void()> written = {};
  };
  struct Limits {
    std::size_t head_bytes = 8 << 10;
    std::size_t body_bytes = 1 << 20;
    std::size_t connections = 4'096;
    Milliseconds to_ask{10'000}, to_take{10'000};
  };

  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

// Serves until it is destroyed. `address` may be a name; port 0 takes one that is free. Handlers
// and `written` are called on the server's threads. An error (kStop) where the address cannot be
// had.
Result<std::unique_ptr<HttpServer>> Serve(const std::string& address, int port,
                                          std::vector<HttpServer::Route> routes,
                                          HttpServer::Limits limits);

}  // namespace reprocess
