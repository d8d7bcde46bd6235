#include "api/routes.h"

#include <iterator>

#include "api/problem.h"

namespace reprocess {
namespace {

constexpr std::size_t kHandlers = 8;

// What the server itself refuses, before anybody looks at who asks.
HttpServer::Answer Refusal(int status, std::string_view what) {
  const std::string_view code = status == 503   ? "away"
                                : status == 404 ? "not_found"
                                : status >= 500 ? "failed"
                                                : "invalid";
  return ProblemAnswer({.what = std::string(what)}, {status, code}, Speech::kV1);
}

}  // namespace

HttpServer::Options ServiceOf(ApiContext& api) {
  HttpServer::Options options;
  for (auto* routes :
       {ServiceRoutes, AdminRoutes, PlanRoutes, JobRoutes, ActRoutes, StreamRoutes, PageRoutes}) {
    for (ApiRoute& route : routes(api)) {
      options.routes.push_back(api.guard.Guarded(std::move(route)));
    }
  }
  options.limits.handlers = kHandlers;
  options.otherwise = [&api](const HttpServer::Request& request) {
    return api.guard.Otherwise(request);
  };
  options.refusal = Refusal;
  options.headers = SecurityHeaders();
  options.tls_certificate = api.settings.tls_certificate;
  options.tls_key = api.settings.tls_key;
  return options;
}

}  // namespace reprocess
