// Whether the service is well, who one is to it, logging in, and what it says of itself.
#include <fmt/format.h>

#include "api/body.h"
#include "api/documents.h"
#include "api/problem.h"
#include "api/routes.h"
#include "model/time_text.h"
#include "views/service.h"

namespace reprocess {
namespace {

Result<HttpAnswer> Alive(Call&) {
  return JsonAnswer(200, R"({"status":"ok"})");
}

Result<HttpAnswer> Ready(ApiContext& api, Call& call) {
  TRY_OK(api.readiness.Now(call.request.stop));
  return JsonAnswer(200, R"({"status":"ready"})");
}

Result<HttpAnswer> ShowAbout(ApiContext& api, Call& call) {
  const ServeSettings& settings = api.settings;
  return JsonAnswer(
      200,
      AboutJson({.version = api.version,
                 .launcher = std::string(api.launcher.name()),
                 .name_space = api.launcher.name_space(),
                 .who = call.caller.who,
                 .operates = call.caller.operates,
                 .open = api.identity.open(),
                 .now = FormatRfc3339(std::chrono::floor<Milliseconds>(api.world.clock.Wall())),
                 .brokers = settings.work.kafka.brokers,
                 .topic = settings.work.kafka.topic,
                 .most_workers = kMostShards}));
}

HttpAnswer Nothing(HttpServer::Header header) {
  return {.status = 204, .headers = {{"Cache-Control", "no-store"}, std::move(header)}};
}

// By whoever is nobody yet: so the page of another site must not do it for them.
Result<HttpAnswer> LogIn(ApiContext& api, Call& call) {
  if (!FromOwnPage(call.request)) {
    return ProblemAnswer({.what = "A page of another site may not do this"}, {403, "forbidden"},
                         Speech::kV1);
  }
  TRY(Body body, Body::Of(call.request));
  const std::string token = body.Text("token"), code = body.Text("code");
  if (token.empty() == code.empty()) body.Refuse("token", "a token, or a code");
  TRY_OK(body.Checked());
  const auto caller = token.empty() ? api.identity.HolderOfCode(code, call.from)
                                    : api.identity.HolderOf(token, call.from);
  if (!caller) return ProblemAnswer(caller.error().error, caller.error().problem, Speech::kV1);
  call.caller.who = caller->who;
  TRY_OK(call.Begins());
  TRY(HttpServer::Header cookie, api.identity.BeginSession(*caller));
  return Nothing(std::move(cookie));
}

Result<HttpAnswer> LogOut(ApiContext& api, Call& call) {
  TRY_OK(call.Begins());
  if (!call.caller.session.empty()) {
    TRY_OK(api.stores.Take()->EndSession(call.caller.session));
    api.events.EndSession(call.caller.session);
    api.logs.EndSession(call.caller.session);
  }
  return Nothing(api.identity.NoSession());
}

// A token of its own, so that whoever scrapes need not be able to read jobs.
Result<HttpAnswer> ShowMetrics(ApiContext& api, Call& call) {
  const std::string& expected = api.settings.metrics_token;
  const std::string* given = call.request.Find("authorization");
  if (expected.empty() || given == nullptr || !SameBytes(*given, "Bearer " + expected)) {
    return ProblemAnswer({.what = "Metrics are for whoever has their token",
                          .where = {},
                          .hint = "send Authorization: Bearer, with REPROCESS_METRICS_TOKEN"},
                         {401, "unauthorized"}, Speech::kV1);
  }
  return HttpAnswer{.type = "text/plain; version=0.0.4; charset=utf-8",
                    .body = fmt::format("# TYPE reprocess_serve_info gauge\n"
                                        "reprocess_serve_info{{version=\"{}\",launcher=\"{}\"}} 1\n"
                                        "# TYPE reprocess_serve_event_streams gauge\n"
                                        "reprocess_serve_event_streams {}\n",
                                        api.version, api.launcher.name(), api.events.listeners())};
}

Result<HttpAnswer> ShowDocument(Call&) {
  return HttpAnswer{.type = "application/json; charset=utf-8", .fixed = OpenApiDocument()};
}

}  // namespace

ApiRoutes ServiceRoutes(ApiContext& api) {
  const auto to = [&api](auto* handler) {
    return [&api, handler](Call& call) { return handler(api, call); };
  };
  constexpr auto kNoTime = HttpServer::Takes::kNoTime;
  ApiRoutes routes;
  for (const char* path : {"/health", "/healthz"}) {
    routes.push_back({.method = "GET",
                      .path = path,
                      .needs = Needs::kNothing,
                      .handle = Alive,
                      .takes = kNoTime});
  }
  routes.push_back({"GET", "/readyz", Needs::kNothing, {}, to(Ready)});
  routes.push_back({"GET", "/metrics", Needs::kNothing, {}, to(ShowMetrics)});
  routes.push_back({"GET", "/api/v1/about", Needs::kView, {}, to(ShowAbout)});
  routes.push_back({"POST", "/api/v1/session", Needs::kNothing, "log in", to(LogIn)});
  routes.push_back({"DELETE", "/api/v1/session", Needs::kView, "log out", to(LogOut)});
  routes.push_back({"GET", "/api/openapi.json", Needs::kView, {}, ShowDocument});
  return routes;
}

}  // namespace reprocess
