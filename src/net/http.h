// One HTTP request over libcurl.
//
//   redirects  followed, at most ten, to http and https only; libcurl drops an Authorization header
//              when the host changes
//   errors     kRetry: the network failed, the same call may pass (kTimedOut:
//              `timeout` is over); kStop: it will not (bad URL, certificate, body too large), or
//              kStopped. A status is no error. Messages show neither user, password nor query of a
//              URL
//   threads    any; each call has a connection of its own
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

struct HttpHeader {
  std::string name, value;
  bool operator==(const HttpHeader&) const = default;
};

// The value of the first header of that name (names in lower case); empty when there is none.
std::string_view HeaderOf(const std::vector<HttpHeader>& headers, std::string_view name);

// TLS where the system's authorities are not enough. All texts are PEM, and none is a path.
struct HttpTls {
  std::string authorities{};         // these alone are trusted; empty = `ca_bundle`
  std::string certificate{}, key{};  // who we are; both or neither
  bool insecure = false;             // whoever answers is believed
};

struct HttpRequest {
  std::string url;
  std::vector<HttpHeader> headers{};
  Milliseconds timeout{30'000};                           // for the whole answer
  std::string ca_bundle{};                                // a PEM file; empty = the system's
  std::uint64_t max_body_bytes = std::uint64_t{1} << 30;  // inflated
  std::string method = "GET";                             // HEAD, POST, PUT, PATCH, DELETE
  std::string body{};                                     // not of a GET or HEAD
  Milliseconds connect_timeout{30'000};
  HttpTls tls{};
  // A proxy's URL; empty = straight to the host; nullopt = as the environment says to curl
  // (http_proxy, https_proxy, no_proxy).
  std::optional<std::string> proxy{};
  // "host:port" that is connected to instead of the URL's, whose name the certificate still has.
  std::string connect_to{};
  bool follow_redirects = true;  // false: a redirect is the answer
  bool literal_path = false;     // dot segments and double slashes are sent as they stand
};

struct HttpResponse {
  int status = 0;
  std::string body;  // inflated when the server compressed it
  std::vector<HttpHeader> headers{};
};

// Returns at once when `stop` fires.
Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop);

// How an answer without an end of its own is taken.
struct HttpStream {
  Milliseconds first_byte{30'000};  // from the call to the answer's first byte
  Milliseconds silence{60'000};     // between two pieces of the answer
  // The next bytes of the body. False ends the transfer, which is no error.
  std::function<bool(std::string_view bytes)> receive;
};

// Send, but the body of a success (2xx) goes to `stream.receive`, on this thread, as it arrives,
// and is bounded by nothing but `timeout`. The other answers come back whole.
Result<HttpResponse> SendStreaming(const HttpRequest& request, const HttpStream& stream,
                                   Clock& clock, const std::stop_token& stop);

// Send, where the method is GET.
Result<HttpResponse> Get(const HttpRequest& request, const std::stop_token& stop);

// A URL as it may be shown: without user, password and query.
std::string UrlForMessages(std::string_view url);

}  // namespace reprocess
