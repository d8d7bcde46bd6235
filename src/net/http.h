// One HTTP request over libcurl. Proxies are taken from the environment as curl does
// (http_proxy, https_proxy, no_proxy).
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

struct HttpRequest {
  std::string url;
  std::vector<HttpHeader> headers{};
  Milliseconds timeout{30'000};                           // for the whole answer
  std::string ca_bundle{};                                // a PEM file; empty = the system's
  std::uint64_t max_body_bytes = std::uint64_t{1} << 30;  // inflated
  std::string method = "GET";                             // or HEAD, PUT, POST
  std::string body{};                                     // of a PUT or POST
  Milliseconds connect_timeout{30'000};
  bool use_proxy = true;         // false: straight to the host, whatever the environment says
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

// Send, where the method is GET.
Result<HttpResponse> Get(const HttpRequest& request, const std::stop_token& stop);

// A URL as it may be shown: without user, password and query.
std::string UrlForMessages(std::string_view url);

}  // namespace reprocess
