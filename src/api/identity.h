// Who makes a call: by a token in its head, by the cookie of a session, or, where neither is asked for,
// whoever is there.
//
//   failures   ten wrong tokens of one address in a minute, and it is refused tokens that were not
//              right before for the rest of it
//   threads    any
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "api/call.h"
#include "api/pool.h"
#include "api/problem.h"
#include "api/settings.h"
#include "api/tokens.h"
#include "store/service_store.h"

namespace reprocess {

inline constexpr Milliseconds kSessionLife = std::chrono::hours(12);

// Why a call is refused.
struct Refused {
  Error error;
  Problem problem;
};

class Identity {
 public:
  // All are borrowed.
  Identity(const ServeSettings& settings, Clock& clock, Pool<ServiceStore>& stores);

  bool open() const { return tokens_.empty(); }

  std::expected<Caller, Refused> CallerOf(const HttpServer::Request& request,
                                          const std::string& from);
  // The holder of a token, as CallerOf would have it.
  std::expected<Caller, Refused> HolderOf(std::string_view token, const std::string& from);

  // The one code that opens a session, once, within 10 minutes.
  std::string NewCode();
  std::expected<Caller, Refused> HolderOfCode(std::string_view code, const std::string& from);

  // A new session's cookie, and the head that takes it away.
  Result<HttpServer::Header> BeginSession(const Caller& caller);
  HttpServer::Header NoSession() const;

 private:
  struct Failures {
    SteadyTime since{};
    int count = 0;
  };
  std::string CookieName() const;
  std::string Cookie(const std::string& value, std::string_view life) const;
  std::expected<Caller, Refused> CallerOfSession(std::string_view secret);
  bool Slowed(const std::string& from);
  void Failed(const std::string& from);

  const ServeSettings& settings_;
  Clock& clock_;
  Pool<ServiceStore>& stores_;
  const Tokens tokens_;
  std::mutex mutex_;
  std::map<std::string, Failures> failures_;  // by address
  std::map<std::string, TokenHolder> right_;  // by the token's hash
  std::optional<Sha256Digest> code_;
  SteadyTime code_ends_{};
};

// Whether a browser that sends this call shows a page of ours; true where no browser sends it.
bool FromOwnPage(const HttpServer::Request& request);

// Who a trusted proxy says that it is, in that header; empty: it says nothing, or is none of them.
std::string UserOf(const HttpServer::Request& request, const std::string& header,
                   const std::vector<std::string>& proxies);

// The client's address: that of the socket, or what proxies that are trusted say.
std::string ClientOf(const HttpServer::Request& request, const std::vector<std::string>& proxies);

}  // namespace reprocess
