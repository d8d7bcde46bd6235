#include "api/identity.h"

#include <fmt/format.h>

#include "api/networks.h"
#include "base/trimmed.h"
#include "http/cookies.h"

namespace reprocess {
namespace {

constexpr int kMostFailures = 10;
constexpr std::size_t kMostAddresses = 10'000;
constexpr Milliseconds kSlowedFor = std::chrono::minutes(1);
constexpr Milliseconds kCodeLife = std::chrono::minutes(10);
constexpr Problem kUnauthorized{401, "unauthorized"}, kTooMany{429, "too_many"};

std::unexpected<Refused> Refuse(std::string what, std::string hint, const Problem& problem) {
  return std::unexpected(
      Refused{Error{.what = std::move(what), .where = {}, .hint = std::move(hint)}, problem});
}

std::unexpected<Refused> Slow() {
  return Refuse("Too many invalid tokens from this address", "wait a minute, then try again",
                kTooMany);
}

// "Bearer TOKEN", or the token alone, as the admin service takes it.
std::string_view TokenOf(std::string_view value) {
  constexpr std::string_view kBearer = "Bearer ";
  if (value.starts_with(kBearer)) value.remove_prefix(kBearer.size());
  return Trimmed(value);
}

std::string_view HostOfOrigin(std::string_view origin) {
  const auto at = origin.find("://");
  return at == std::string_view::npos ? std::string_view() : origin.substr(at + 3);
}

std::string_view Text(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Identity::Identity(const ServeSettings& settings, Clock& clock, Pool<ServiceStore>& stores)
    : settings_(settings),
      clock_(clock),
      stores_(stores),
      tokens_(settings.raw_tokens, settings.hashed_tokens, settings.view_tokens, settings.secrets) {
}

std::expected<Caller, Refused> Identity::CallerOf(const HttpServer::Request& request,
                                                  const std::string& from) {
  if (const std::string* value = request.Find("authorization"); value && !tokens_.empty()) {
    if (const auto token = TokenOf(*value); !token.empty()) return HolderOf(token, from);
  }
  if (const auto secret = CookieOf(request, CookieName())) {
    auto caller = CallerOfSession(*secret);
    if (caller || !open()) return caller;
  }
  if (open()) {
    const std::string user = UserOf(request, settings_.user_header, settings_.trusted_proxies);
    return Caller{user.empty() ? "local" : user, true};
  }
  return Refuse("Authorization header with Bearer token is required",
                "send Authorization: Bearer TOKEN, one of RAW_AUTH_TOKENS or AUTH_TOKENS",
                kUnauthorized);
}

std::expected<Caller, Refused> Identity::HolderOf(std::string_view token, const std::string& from) {
  const std::string hash = Hex(Sha256(token));
  {
    const std::scoped_lock lock(mutex_);
    const auto known = right_.find(hash);
    if (known != right_.end()) return Caller{known->second.who, known->second.operates};
    if (Slowed(from)) return Slow();
  }
  const auto holder = tokens_.Find(token);
  const std::scoped_lock lock(mutex_);
  if (!holder) {
    Failed(from);
    return Refuse("Invalid token", "it is none of those that this service was started with",
                  kUnauthorized);
  }
  right_.emplace(hash, *holder);
  return Caller{holder->who, holder->operates};
}

std::expected<Caller, Refused> Identity::CallerOfSession(std::string_view secret) {
  const std::string hash = Hex(Sha256(secret));
  const auto row = stores_.Take()->FindSession(hash);
  if (!row) return std::unexpected(Refused{row.error(), ProblemOf(row.error())});
  if (!*row) {
    return Refuse("The session has ended", "log in again", {401, "expired"});
  }
  return Caller{(*row)->who, (*row)->operates, hash};
}

bool Identity::Slowed(const std::string& from) {
  const auto failures = failures_.find(from);
  if (failures == failures_.end()) return false;
  if (clock_.Now() - failures->second.since > kSlowedFor) {
    failures_.erase(failures);
    return false;
  }
  return failures->second.count >= kMostFailures;
}

// Addresses beyond the bound push out those that are known: memory is not theirs to take.
void Identity::Failed(const std::string& from) {
  if (failures_.size() >= kMostAddresses && !failures_.contains(from)) failures_.clear();
  Failures& failures = failures_[from];
  if (failures.count++ == 0) failures.since = clock_.Now();
}

std::string Identity::NewCode() {
  const std::string code = NewSecret();
  const std::scoped_lock lock(mutex_);
  code_ = Sha256(code);
  code_ends_ = clock_.Now() + kCodeLife;
  return code;
}

std::expected<Caller, Refused> Identity::HolderOfCode(std::string_view code,
                                                      const std::string& from) {
  const std::scoped_lock lock(mutex_);
  if (Slowed(from)) return Slow();
  const Sha256Digest digest = Sha256(code);
  if (!code_ || clock_.Now() > code_ends_ || !SameBytes(Text(*code_), Text(digest))) {
    Failed(from);
    return Refuse("The code is not valid: it was used, or is older than 10 minutes",
                  "start `reprocess serve` again, or log in with a token", kUnauthorized);
  }
  code_.reset();
  return Caller{"local", true};
}

Result<HttpServer::Header> Identity::BeginSession(const Caller& caller) {
  const std::string secret = NewSecret();
  TRY_OK(stores_.Take()->StoreSession(Hex(Sha256(secret)),
                                      {caller.who, caller.operates, kSessionLife}));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(kSessionLife).count();
  return HttpServer::Header{"Set-Cookie", Cookie(secret, std::to_string(seconds))};
}

HttpServer::Header Identity::NoSession() const {
  return {"Set-Cookie", Cookie("", "0")};
}

std::string Identity::CookieName() const {
  return settings_.tls_certificate.empty() ? "reprocess_session" : "__Host-reprocess_session";
}

std::string Identity::Cookie(const std::string& value, std::string_view life) const {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", CookieName(), value,
                     life, settings_.tls_certificate.empty() ? "" : "; Secure");
}

bool FromOwnPage(const HttpServer::Request& request) {
  const std::string *origin = request.Find("origin"), *host = request.Find("host"),
                    *site = request.Find("sec-fetch-site");
  if (site != nullptr && *site != "same-origin") return false;
  return origin == nullptr || (host != nullptr && HostOfOrigin(*origin) == *host);
}

std::string UserOf(const HttpServer::Request& request, const std::string& header,
                   const std::vector<std::string>& proxies) {
  constexpr std::size_t kLongest = 100;
  if (header.empty() || !IsIn(request.address, proxies)) return {};
  const std::string* user = request.Find(header);
  return user == nullptr ? std::string() : std::string(Trimmed(*user).substr(0, kLongest));
}

// From the right, what each trusted proxy says of the one before it.
std::string ClientOf(const HttpServer::Request& request, const std::vector<std::string>& proxies) {
  std::string client = request.address, forwarded;
  for (const auto& [name, value] : request.headers) {
    if (name == "x-forwarded-for") forwarded += (forwarded.empty() ? "" : ",") + value;
  }
  std::string_view left = forwarded;
  while (!left.empty() && IsIn(client, proxies)) {
    const auto comma = left.rfind(',');
    const auto last = Trimmed(comma == std::string_view::npos ? left : left.substr(comma + 1));
    if (!IsAddress(std::string(last))) break;
    client = last;
    left = comma == std::string_view::npos ? std::string_view() : left.substr(0, comma);
  }
  return client;
}

}  // namespace reprocess
