#include "kube/exec_plugin.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/child_process.h"
#include "kube/base64.h"
#include "kube/json.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

std::unexpected<Error> PluginError(std::string_view why, std::string where = {},
                                   std::string hint = {}) {
  return Fatal(fmt::format("ask the credential plugin: {}", why), std::move(where), std::move(hint),
               Code::kNotAuthorized);
}

// KUBERNETES_EXEC_INFO: what the plugin is told.
std::string ExecInfo(const ClusterAccess& access, std::string_view authorities) {
  nlohmann::json info = {{"apiVersion", access.plugin->api_version},
                         {"kind", "ExecCredential"},
                         {"spec", {{"interactive", false}}}};
  if (access.plugin->wants_cluster) {
    nlohmann::json& cluster = info["spec"]["cluster"];
    cluster["server"] = access.server;
    if (!authorities.empty()) cluster["certificate-authority-data"] = Base64Of(authorities);
    if (!access.tls_server_name.empty()) cluster["tls-server-name"] = access.tls_server_name;
    if (access.insecure) cluster["insecure-skip-tls-verify"] = true;
    if (access.proxy) cluster["proxy-url"] = *access.proxy;
  }
  return info.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<PluginCredential> ParseExecCredential(std::string_view json, std::string_view api_version) {
  const nlohmann::json root = nlohmann::json::parse(json, nullptr, false);
  if (TextAt(root, {"kind"}) != "ExecCredential") return PluginError("no ExecCredential");
  if (TextAt(root, {"apiVersion"}) != api_version) {
    return PluginError(fmt::format("its apiVersion is not {}", api_version));
  }
  PluginCredential credential{.token = TextAt(root, {"status", "token"}),
                              .certificate = TextAt(root, {"status", "clientCertificateData"}),
                              .key = TextAt(root, {"status", "clientKeyData"}),
                              .expires = {}};
  if (credential.certificate.empty() != credential.key.empty()) {
    return PluginError("a certificate without its key, or a key without its certificate");
  }
  if (credential.token.empty() && credential.key.empty()) {
    return PluginError("neither a token nor a certificate");
  }
  const std::string expires = TextAt(root, {"status", "expirationTimestamp"});
  if (expires.empty()) return credential;
  credential.expires = ParseRfc3339(expires);
  if (!credential.expires) return PluginError("its expirationTimestamp is no time");
  return credential;
}

Result<PluginCredential> AskPlugin(const ClusterAccess& access, std::string_view authorities,
                                   Clock& clock, const std::stop_token& stop) {
  const ExecPlugin& plugin = *access.plugin;
  ChildCommand command{.arguments = plugin.command, .environment = plugin.environment};
  command.environment.push_back("KUBERNETES_EXEC_INFO=" + ExecInfo(access, authorities));
  const Result<std::string> output = OutputOf(command, clock, stop);
  if (!output && output.error().code == Code::kStopped) return std::unexpected(output.error());
  if (!output) return PluginError(output.error().what, plugin.command[0], plugin.install_hint);
  auto credential = ParseExecCredential(*output, plugin.api_version);
  if (!credential) credential.error().where = plugin.command[0];
  return credential;
}

}  // namespace reprocess
