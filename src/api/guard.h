// What stands between a stranger and the routes: which host is asked, who asks, whether they may, from
// which page; that a call that is made again is done once; and that what was done is remembered.
//
//   refused    421 for a host that is not ours; 401 without identity; 403 for whoever may only look,
//              and for unsafe calls that another site's page sends
//   keys       an Idempotency-Key belongs to caller and path, for 24 h: the same body again has the
//              same answer; another body, and a call that is still under way, are a conflict. The key
//              of a call that makes a job is stored in the transaction of the job's row, so a call whose
//              process died has made the job, and goes on with it, or has made nothing
//   audit      every act of somebody who was known, done or refused, in a row and a log line; of
//              strangers a log line. An act that changes something has a row before it does: it is not
//              done where that cannot be stored, and its outcome is unknown where the process dies
//   threads    any
#pragma once

#include <string>
#include <vector>

#include "api/call.h"
#include "api/identity.h"
#include "api/keyed_calls.h"
#include "api/pool.h"
#include "api/settings.h"
#include "http/server.h"
#include "store/service_store.h"

namespace reprocess {

class Guard {
 public:
  // All are borrowed.
  Guard(const ServeSettings& settings, Identity& identity, Pool<ServiceStore>& stores);

  HttpServer::Route Guarded(ApiRoute route);
  // What has no route.
  HttpServer::Answer Otherwise(const HttpServer::Request& request);

 private:
  HttpServer::Answer Answered(const ApiRoute& route, const HttpServer::Request& request);
  HttpServer::Answer Called(const ApiRoute& route, Call& call);
  HttpServer::Answer Handled(const ApiRoute& route, Call& call);
  HttpServer::Answer Once(const ApiRoute& route, Call& call, const std::string& key);
  HttpServer::Answer Alone(const ApiRoute& route, Call& call);
  void KeepAnswer(const Call& call, const HttpServer::Answer& answer);
  static AuditRow RowOf(const ApiRoute& route, const Call& call, const std::string& request_id);
  Result<void> Announce(const ApiRoute& route, const Call& call, const std::string& request_id);
  std::expected<Caller, Refused> MayCall(const ApiRoute& route, const HttpServer::Request& request,
                                         const std::string& from, Caller& known);
  bool KnowsHost(const HttpServer::Request& request) const;
  void AllowOrigin(const HttpServer::Request& request, HttpServer::Answer& answer) const;
  void Remember(const ApiRoute& route, const Call& call, const std::string& request_id, int status);

  const ServeSettings& settings_;
  Identity& identity_;
  Pool<ServiceStore>& stores_;
  const std::string own_host_;
  KeyedCalls calls_;
};

// On every answer.
std::vector<HttpServer::Header> SecurityHeaders();

}  // namespace reprocess
