// What the operator's service is told by its environment, checked whole.
//
//   names      each variable as NAME and as ADMIN_NAME, which wins: the admin service's. Those of a file
//              admin.env in ADMIN_CONFIG_PATH count where the environment does not have them
//   errors     kInvalid: one message for all that is wrong; secrets are never part of it
#pragma once

#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "config/worker_config.h"

namespace reprocess {

struct ServeSettings {
  int port = 3049;
  std::string address;  // to listen on
  // As they are set: raw or hashed tokens, a comma between them (api/tokens.h).
  std::string raw_tokens, hashed_tokens, view_tokens, secrets;
  bool no_auth = false;  // open to whoever reaches it
  std::vector<std::string> cors_origins, allowed_hosts, trusted_proxies;
  std::string user_header;  // in lower case: where a trusted proxy says who asks; empty: nowhere
  std::string metrics_token;
  std::string tls_certificate, tls_key;  // PEM files; empty: plain
  EnvironmentConfig work;  // what jobs are given; its destination is that of calls that name none
  std::vector<std::string> warnings;

  bool has_tokens() const {
    return !raw_tokens.empty() || !hashed_tokens.empty() || !view_tokens.empty();
  }
};

Result<ServeSettings> LoadServeSettings(const Environment& environment);

// The admin service's names stand for ours: ADMIN_X is X, and wins; then what admin.env says.
Result<Environment> WithAdminsFile(const Environment& environment);

// Whether a numeric address is this machine's alone.
bool IsLoopback(const std::string& address);

}  // namespace reprocess
