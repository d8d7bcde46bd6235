// A call of the API: who asks for what; and a route, which says who may.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/server.h"
#include "store/queries.h"

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
  // Of a call with an Idempotency-Key. A job that it makes is stored together with the key.
  CallKey key{};
  std::string made{};       // the job that this call has made before, or is making; or empty
  bool made_later = false;  // set by a route: act.job is stored after the answer, with the key

  const std::string& part(std::size_t at = 0) const { return request.parts.at(at); }

  // An act tells this first, as soon as it is known what is done to which job: the audit has it, whatever
  // becomes of it. An error: it may not be done.
  Result<void> Begins() { return begins ? std::exchange(begins, {})(*this) : Result<void>(); }
  std::function<Result<void>(const Call&)> begins{};  // the guard's; empty: no act, or told
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
