// Calls of a cluster's REST API: credentials, deadlines, overload, and errors that say what to do.
//
//   deadline   every call has one over all its tries, so a server that hangs holds nobody up
//   overload   429, and 503 with Retry-After, are waited for, with jitter, within the deadline
//   errors     kNotFound (404), kConflict (409: there already, or not the object of that uid),
//              kChanged (410: the resource version has expired), kInvalid (400, 422),
//              kNotAuthorized (401; 403, where `hint` has the rule that the Role lacks), all kStop;
//              kWait: the server is away, overloaded or does not answer; kStopped. Messages have
//              the server's own words
//   threads    any
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kube/access.h"
#include "kube/credentials.h"
#include "net/http.h"

namespace reprocess {

// A kind of object, as URLs and Roles name it.
struct KubeResource {
  std::string_view api;  // "api/v1", "apis/batch/v1"
  std::string_view group, plural;
};
inline constexpr KubeResource kJobs{"apis/batch/v1", "batch", "jobs"};
inline constexpr KubeResource kConfigMaps{"api/v1", "", "configmaps"};
inline constexpr KubeResource kSecrets{"api/v1", "", "secrets"};
inline constexpr KubeResource kPods{"api/v1", "", "pods"};
inline constexpr KubeResource kEvents{"api/v1", "", "events"};

struct KubeCall {
  std::string_view verb;  // as a Role names it: "list"
  KubeResource resource;
  std::string name{};         // empty = all of the namespace
  std::string subresource{};  // "log"
  std::string query{};        // encoded: "limit=500"
  std::string method = "GET";
  std::string content_type{}, body{};
};

struct KubeWorld {
  Clock& clock;
  std::function<double()> random;  // from [0, 1); called from any thread
};

class KubeApi {
 public:
  KubeApi(ClusterAccess access, KubeWorld world, Milliseconds deadline = Milliseconds(30'000));

  // The answer is a success (2xx).
  Result<HttpResponse> Send(const KubeCall& call, const std::stop_token& stop);

  // An answer that goes on for `longest` at the most; until it begins the call's deadline counts.
  Result<void> Stream(const KubeCall& call, Milliseconds longest, Milliseconds silence,
                      const std::function<bool(std::string_view bytes)>& receive,
                      const std::stop_token& stop);

  const std::string& name_space() const { return credentials_.access().name_space; }

  // For the `step`th wait in a row, from 0: half a second, twice as long each time, 30 s at most,
  // with jitter. False when `stop` fired first.
  bool Pause(int step, const std::stop_token& stop);

 private:
  using Exchange = std::function<Result<HttpResponse>(const HttpRequest& request)>;
  Result<HttpResponse> Try(const KubeCall& call, const Exchange& exchange, Milliseconds longest,
                           const std::stop_token& stop);
  Result<HttpRequest> RequestOf(const KubeCall& call, const std::stop_token& stop);

  Credentials credentials_;
  KubeWorld world_;
  Milliseconds deadline_;
};

}  // namespace reprocess
