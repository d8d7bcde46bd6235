// Asks a credential plugin of a kubeconfig who we are.
//
//   errors     kStop, kNotAuthorized: it did not run, or what it printed is no ExecCredential with a
//              token or a certificate; with the kubeconfig's install hint. Never what it printed
//   threads    any
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "kube/access.h"

namespace reprocess {

struct PluginCredential {
  std::string token, certificate, key;
  std::optional<WallTime> expires;  // nullopt: when it is refused
};

// `authorities`: the cluster's, as PEM, for a plugin that wants to know them.
Result<PluginCredential> AskPlugin(const ClusterAccess& access, std::string_view authorities,
                                   Clock& clock, const std::stop_token& stop);

// An ExecCredential's JSON.
Result<PluginCredential> ParseExecCredential(std::string_view json, std::string_view api_version);

}  // namespace reprocess
