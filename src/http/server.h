// An HTTP/1.1 server that a stranger may ask: whatever comes is bounded in bytes, time and number.
//
//   bounds     of one request: head and body, the time until it is whole (an idle connection has as
//              long), the time for its answer to be made and to be taken (of a long one longer, at 16 KiB a
//              second). Of all: connections; at
//              the bound the one that has waited longest without a whole request is closed, so that
//              new ones are served. Bodies that are being read; at the bound the one that has waited
//              longest is closed. Handlers that wait for a thread, and streams: 503 beyond that
//   refused    400 for two Hosts, or none with HTTP/1.1, Content-Length beside Transfer-Encoding, `..` in the path
//              and what is no HTTP; 404, 405, 413, 431, and 501 for a method that nobody knows. A
//              connection that was refused something is closed
//   routes     the first whose segments are the path's. A path is cut at `/`, then percent-decoded;
//              doubled and trailing slashes are forgiven. HEAD is answered as GET without its body
//   threads    one of its own that reads and writes, and some for handlers that may take long: no
//              client ever waits for them but the one that asked
//   the end    Drain ends politely; the destructor waits for handlers under way, and for no client
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

class HttpServer {
 public:
  using Header = std::pair<std::string, std::string>;

  struct Request {
    std::string method;              // as in the route, also for HEAD
    std::string path;                // as it was sent, without the query
    std::vector<std::string> parts;  // what stands for the route's `{…}`, decoded, in its order
    std::string query;               // as it was sent, without the `?`; http/query.h reads it
    std::string body;
    std::string address;          // of the client's socket, numeric, without the port
    std::vector<Header> headers;  // names in lower case
    std::stop_token stop;         // the client has left, its time is over, or the server ends
    std::string allowed;          // without a route: the path's methods, "GET, HEAD, PUT"; or empty

    // The value of the first header of that name, which is in lower case; null where there is none.
    const std::string* Find(std::string_view name) const;
  };

  // Where an answer that does not end is written to, by any thread. May be kept longer than the
  // server.
  class Outlet {
   public:
    virtual ~Outlet() = default;
    // Returns at once. False where the client is gone, or was dropped because it had more than
    // 1 MiB still to take; then nothing is ever written again.
    virtual bool Write(std::shared_ptr<const std::string> bytes) = 0;
    virtual void End() = 0;  // after what was written
  };

  struct Answer {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body = {};
    std::vector<Header> headers = {};  // in place of the server's own of the same names
    std::string_view fixed = {};       // sent after `body`; lives as long as the process
    // Not empty: a stream, which begins with `body`. Called once its head has been written, on the
    // server's thread: it must not wait. The request's `stop` fires when the stream has ended.
    std::function<void(std::shared_ptr<Outlet>)> follow = {};
    std::string farewell = {};  // the stream's last bytes where Drain ends it
  };

  enum class Takes : std::uint8_t { kNoTime, kLong };

  struct Route {
    std::string method;
    std::string path;  // "/jobs/{id}/logs": `{…}` is one segment; "/assets/{*}": one or more
    Takes takes = Takes::kNoTime;
    std::function<Answer(const Request&)> handle = {};
    // Called when an answer of `handle` has been given to the system to send; may be empty.
    std::function<void()> written = {};
    // For kLong, from the whole request on, waiting for a thread included. After it the client has
    // a 503, `stop` fires, and what the handler answers is dropped.
    Milliseconds within{30'000};
  };

  struct Limits {
    std::size_t head_bytes = 8 << 10;
    std::size_t body_bytes = 1 << 20;
    std::size_t bodies_bytes = 16 << 20;  // of all bodies that are read, or wait for their answer
    std::size_t connections = 4'096;
    std::size_t streams = 1'024;  // besides connections
    std::size_t stream_bytes = 1 << 20;
    std::size_t handlers = 1;   // threads for routes of kLong
    std::size_t waiting = 256;  // requests for one of them
    Milliseconds to_ask{10'000}, to_take{10'000};
  };

  struct Options {
    std::vector<Route> routes;
    Limits limits = {};
    // Answers, as kNoTime, what has no route: unknown paths, and methods that a path has not. Empty:
    // 404 and 405.
    std::function<Answer(const Request&)> otherwise = {};
    // How a refusal of the server's own is put; empty: `what` as a line of text. Called on any of
    // its threads.
    std::function<Answer(int status, std::string_view what)> refusal = {};
    std::vector<Header> headers = {};                // on every answer, refusals too
    std::string tls_certificate = {}, tls_key = {};  // PEM files, the chain first; empty: no TLS
  };

  virtual ~HttpServer() = default;
  virtual int port() const = 0;
  // Accepts nobody more, closes who has asked nothing, ends streams with their farewell, lets
  // handlers finish and answers be taken; returns when all are gone, or after `most`. Once.
  virtual void Drain(Milliseconds most) = 0;
};

// Serves until it is destroyed. `address` may be a name; port 0 takes one that is free. Handlers
// and `written` are called on the server's threads. An error (kStop) where the address cannot be
// had, or a PEM file cannot be used.
Result<std::unique_ptr<HttpServer>> Serve(const std::string& address, int port,
                                          HttpServer::Options options);

}  // namespace reprocess
