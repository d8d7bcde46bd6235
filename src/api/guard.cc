#include "api/guard.h"

#include <algorithm>
#include <array>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "api/networks.h"
#include "api/problem.h"
#include "api/tokens.h"
#include "base/log.h"
#include "base/utf8.h"
#include "config/value_text.h"
#include "http/query.h"

namespace reprocess {
namespace {

constexpr Milliseconds kKeyLife = std::chrono::hours(24);
constexpr std::size_t kLongestKey = 255;
constexpr std::string_view kJson = "application/json";

Refused Forbidden(std::string what, std::string hint) {
  return {Error{.what = std::move(what), .where = {}, .hint = std::move(hint)}, {403, "forbidden"}};
}

Error Conflict(std::string what, std::string hint) {
  return {.what = std::move(what), .hint = std::move(hint), .code = Code::kConflict};
}

HttpAnswer AnsweredBefore(const KeptAnswer& kept, Call& call) {
  call.act.after = "answered as before";
  HttpAnswer answer = JsonAnswer(*kept.status, kept.body);
  if (!kept.location.empty()) answer.headers.emplace_back("Location", kept.location);
  return answer;
}

bool IsSafe(const std::string& method) {
  return method == "GET" || method == "HEAD";
}

bool SaysJson(const HttpServer::Request& request) {
  const std::string* type = request.Find("content-type");
  return type != nullptr && LowerCase(*type).starts_with(kJson);
}

std::string OwnHost() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? LowerCase(name.data()) : "localhost";
}

// Of "name:port" and "[address]:port".
std::string WithoutPort(std::string_view host) {
  if (host.starts_with('[')) return std::string(host.substr(1, host.find(']') - 1));
  return LowerCase(host.substr(0, host.find(':')));
}

bool IsNamed(const std::string& host, const std::string& allowed) {
  if (allowed == "*" || LowerCase(allowed) == host) return true;
  return allowed.starts_with("*.") && host.ends_with(LowerCase(allowed).substr(1));
}

std::string NewRequestId() {
  constexpr std::size_t kDigits = 16;
  return NewSecret().substr(0, kDigits);
}

// Whoever has only a cookie, or nothing, must come from a page of ours: a browser sends both along
// with what any other page makes it send.
bool ByHandsOf(const HttpServer::Request& request, const Caller& caller, bool open) {
  const bool by_token = caller.session.empty() && !open;
  if (IsSafe(request.method) || by_token) return true;
  if (!FromOwnPage(request)) return false;
  const bool from_browser = request.Find("origin") || request.Find("sec-fetch-site");
  if (caller.session.empty() && !from_browser) return true;
  return from_browser && (request.method == "DELETE" || SaysJson(request));
}

bool IsText(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8Sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// A database looks for nothing else.
bool AsksInText(const HttpServer::Request& request) {
  const Query query(request.query);
  return std::ranges::all_of(request.parts, IsText) &&
         std::ranges::all_of(query.pairs(), [](const auto& pair) { return IsText(pair.second); });
}

}  // namespace

std::vector<HttpServer::Header> SecurityHeaders() {
  return {{"Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
           "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "no-referrer"},
          {"X-Frame-Options", "DENY"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"}};
}

Guard::Guard(const ServeSettings& settings, Identity& identity, Pool<ServiceStore>& stores)
    : settings_(settings), identity_(identity), stores_(stores), own_host_(OwnHost()) {}

HttpServer::Route Guard::Guarded(ApiRoute route) {
  HttpServer::Route guarded{.method = route.method,
                            .path = route.path,
                            .takes = route.takes,
                            .handle = {},
                            .within = route.within};
  guarded.handle = [this, route = std::move(route)](const HttpServer::Request& request) {
    HttpAnswer answer = Answered(route, request);
    AllowOrigin(request, answer);
    return answer;
  };
  return guarded;
}

// An address cannot be made to lead elsewhere, as a name of somebody else's can.
bool Guard::KnowsHost(const HttpServer::Request& request) const {
  const std::string* host = request.Find("host");
  if (host == nullptr) return false;
  const std::string name = WithoutPort(*host);
  return IsAddress(name) || name == "localhost" || name == own_host_ ||
         std::ranges::any_of(settings_.allowed_hosts,
                             [&](const std::string& allowed) { return IsNamed(name, allowed); });
}

std::expected<Caller, Refused> Guard::MayCall(const ApiRoute& route,
                                              const HttpServer::Request& request,
                                              const std::string& from, Caller& known) {
  if (route.needs == Needs::kNothing) return Caller{};
  if (!KnowsHost(request)) {
    const std::string* host = request.Find("host");
    return std::unexpected(
        Refused{Error{.what = "This service does not go by the name that was asked for",
                      .where = host == nullptr ? "" : *host,
                      .hint = "name it in REPROCESS_ALLOWED_HOSTS"},
                {421, "forbidden"}});
  }
  auto caller = identity_.CallerOf(request, from);
  if (!caller) return caller;
  known = *caller;
  if (!ByHandsOf(request, *caller, identity_.open())) {
    return std::unexpected(
        Forbidden("A page of another site may not do this",
                  "calls by cookie need this service's own Origin, and Content-Type: "
                  "application/json"));
  }
  if (route.needs == Needs::kOperate && !caller->operates) {
    return std::unexpected(
        Forbidden("This token may only look", "use one of RAW_AUTH_TOKENS or AUTH_TOKENS"));
  }
  return caller;
}

HttpAnswer Guard::Answered(const ApiRoute& route, const HttpServer::Request& request) {
  const std::string id = NewRequestId();
  Call call{request, {}, ClientOf(request, settings_.trusted_proxies)};
  auto caller = MayCall(route, request, call.from, call.caller);
  HttpAnswer answer;
  if (caller) {
    call.caller = *std::move(caller);
    if (!route.verb.empty()) {
      call.begins = [&](const Call& act) { return Announce(route, act, id); };
    }
    answer = Called(route, call);
  } else {
    const Refused& refused = caller.error();
    if (!route.verb.empty() && !request.parts.empty()) call.act.job = request.parts.front();
    call.act.after = "refused: " + refused.error.what;
    answer = ProblemAnswer(refused.error, refused.problem, SpeechOf(request.path));
  }
  if (!route.verb.empty()) Remember(route, call, id, answer.status);
  answer.headers.emplace_back("X-Request-Id", id);
  return answer;
}

HttpAnswer Guard::Called(const ApiRoute& route, Call& call) {
  if (!AsksInText(call.request)) {
    return ProblemAnswer({.what = "read the address: it is no UTF-8 text", .code = Code::kInvalid},
                         SpeechOf(call.request.path));
  }
  const std::string* key = call.request.Find("idempotency-key");
  const bool known = !call.caller.who.empty();  // strangers store nothing
  if (key != nullptr && known && call.request.method == "POST") return Once(route, call, *key);
  return Handled(route, call);
}

HttpAnswer Guard::Handled(const ApiRoute& route, Call& call) {
  auto answer = route.handle(call);
  if (answer) return *std::move(answer);
  call.act.after = "failed: " + answer.error().what;
  return ProblemAnswer(answer.error(), SpeechOf(call.request.path));
}

HttpAnswer Guard::Once(const ApiRoute& route, Call& call, const std::string& key) {
  const Speech speech = SpeechOf(call.request.path);
  if (key.empty() || key.size() > kLongestKey) {
    return ProblemAnswer({.what = "read Idempotency-Key: expected 1 to 255 characters",
                          .hint = {},
                          .code = Code::kInvalid},
                         speech);
  }
  call.key = {Hex(Sha256(fmt::format("{}\n{}\n{}", call.caller.who, call.request.path, key))),
              Hex(Sha256(call.request.body))};
  if (!calls_.Begin(call.key.hash)) {
    return ProblemAnswer(Conflict("the same call is under way", "try again in a moment"), speech);
  }
  const auto end = [this](const std::string* of) { calls_.End(*of); };
  const std::unique_ptr<const std::string, decltype(end)> at_the_end(&call.key.hash, end);
  return Alone(route, call);
}

// Only what was done is kept: what failed may be tried again under the same key.
HttpAnswer Guard::Alone(const ApiRoute& route, Call& call) {
  const Speech speech = SpeechOf(call.request.path);
  const std::string& hash = call.key.hash;
  std::optional<KeptAnswer> kept = calls_.Find(hash);
  if (!kept) {
    auto found = stores_.Take()->FindCall(hash, kKeyLife);
    if (!found) return ProblemAnswer(found.error(), speech);
    kept = *std::move(found);
  }
  if (kept && kept->body_hash != call.key.body_hash) {
    return ProblemAnswer(
        Conflict("use Idempotency-Key: it was used with another body", "draw a new key"), speech);
  }
  if (kept && kept->status) return AnsweredBefore(*kept, call);
  if (kept) call.made = kept->job_id;
  HttpAnswer answer = Handled(route, call);
  if (answer.status >= 400) return answer;
  if (call.made_later) {
    calls_.Keep(hash, {.body_hash = call.key.body_hash, .job_id = call.act.job});
  } else {
    KeepAnswer(call, answer);
  }
  return answer;
}

void Guard::KeepAnswer(const Call& call, const HttpAnswer& answer) {
  const auto location = std::ranges::find(answer.headers, "Location", &HttpServer::Header::first);
  const auto kept = stores_.Take()->KeepAnswer(
      call.key.hash, {.body_hash = call.key.body_hash,
                      .status = answer.status,
                      .body = answer.body,
                      .location = location == answer.headers.end() ? "" : location->second});
  if (!kept) Log(LogLevel::kError, "an answer could not be kept", {{"error", kept.error().what}});
}

AuditRow Guard::RowOf(const ApiRoute& route, const Call& call, const std::string& request_id) {
  return {.id = NewRequestId(),
          .who = call.caller.who,
          .from = call.from,
          .verb = route.verb,
          .job_id = call.act.job,
          .reason = call.act.reason,
          .before = call.act.before,
          .after = call.act.after,
          .request_id = request_id};
}

// Where there is no such table, and none can be made, the log alone remembers.
Result<void> Guard::Announce(const ApiRoute& route, const Call& call,
                             const std::string& request_id) {
  if (call.caller.who.empty()) return {};
  auto stored = stores_.Take()->Append(RowOf(route, call, request_id));
  if (stored || stored.error().code == Code::kNotAuthorized) return {};
  return std::unexpected(
      WithContext("store who does this, before it is done", std::move(stored).error()));
}

void Guard::Remember(const ApiRoute& route, const Call& call, const std::string& request_id,
                     int status) {
  const bool done = status < 400;
  Log(done ? LogLevel::kInfo : LogLevel::kWarn, "act",
      {{"verb", route.verb},
       {"job", call.act.job},
       {"who", call.caller.who.empty() ? "?" : call.caller.who},
       {"from", call.from},
       {"status", status},
       {"reason", call.act.reason},
       {"request", request_id}});
  if (call.caller.who.empty()) return;
  AuditRow row = RowOf(route, call, request_id);
  row.status = status;
  const auto stored = stores_.Take()->Append(row);
  if (!stored) {
    Log(LogLevel::kError, "an act could not be stored in reprocessing_audit",
        {{"request", request_id}, {"error", stored.error().what}});
  }
}

void Guard::AllowOrigin(const HttpServer::Request& request, HttpAnswer& answer) const {
  const std::string* origin = request.Find("origin");
  if (origin == nullptr ||
      std::ranges::find(settings_.cors_origins, *origin) == settings_.cors_origins.end()) {
    return;
  }
  answer.headers.emplace_back("Access-Control-Allow-Origin", *origin);
  answer.headers.emplace_back("Vary", "Origin");
  answer.headers.emplace_back("Access-Control-Expose-Headers", "Location, X-Request-Id");
}

// On the server's thread: nothing here waits for the database, so a cookie is taken at its word. It
// opens nothing.
HttpAnswer Guard::Otherwise(const HttpServer::Request& request) {
  HttpAnswer answer{.status = 404, .body = "404 page not found"};
  if (request.method == "OPTIONS") {
    AllowOrigin(request, answer);
    if (!answer.headers.empty()) {
      answer.status = 204;
      answer.body.clear();
      answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
      answer.headers.emplace_back("Access-Control-Allow-Headers",
                                  "Authorization, Content-Type, Idempotency-Key, Last-Event-ID");
      answer.headers.emplace_back("Access-Control-Max-Age", "86400");
      return answer;
    }
  }
  if (!identity_.open() && !request.Find("cookie")) {
    const auto caller = identity_.CallerOf(request, ClientOf(request, settings_.trusted_proxies));
    if (!caller) {
      return ProblemAnswer(caller.error().error, caller.error().problem, SpeechOf(request.path));
    }
  }
  if (request.method == "OPTIONS" && SpeechOf(request.path) == Speech::kAdmin) {
    return {.status = 200};
  }
  if (request.path.starts_with("/api/v1") && !request.allowed.empty()) {
    answer = ProblemAnswer({.what = "the call is not of this method", .where = request.path},
                           {405, "invalid"}, Speech::kV1);
    answer.headers.emplace_back("Allow", request.allowed);
    return answer;
  }
  if (request.path.starts_with("/api/v1")) {
    return ProblemAnswer({.what = "there is no such call",
                          .where = request.path,
                          .hint = "/api/openapi.json has all of them",
                          .code = Code::kNotFound},
                         Speech::kV1);
  }
  return answer;
}

}  // namespace reprocess
