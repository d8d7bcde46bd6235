// A call of the API: who asks for what; and a route, which says who may.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/server.h"

namespace reprocess {

using HttpAnswer = HttpServer::Answer;

struct Caller {
  std::string who;
  bool operates = false;  // else it may only look
  std::string session{};  // its hash, where a cookie says who it is; else empty
};

// What the audit says of a call besides who made it. A route that acts fills it in.
struct AuditNote {
  std::string job{}, reason{}, before{}, after{};
};

struct Call {
  const HttpServer::Request& request;
  Caller caller;
  std::string from;  // the client's address, behind proxies that are trusted
  AuditNote act{};

  const std::string& part(std::size_t at = 0) const { return request.parts.at(at); }
};

enum class Needs : std::uint8_t { kNothing, kView, kOperate };

struct ApiRoute {
  std::string method, path;
  Needs needs = Needs::kView;
  std::string verb{};  // of an act, as the audit has it; empty: it is none
  std::function<Result<HttpServer::Answer>(Call&)> handle;
  Milliseconds within{30'000};
  HttpServer::Takes takes = HttpServer::Takes::kLong;  // kNoTime: asks nobody anything
};
using ApiRoutes = std::vector<ApiRoute>;

}  // namespace reprocess
