// Where a cluster's API is, and who we are to it: found as kubectl finds it, or as the environment
// says.
//
//   order      KUBERNETES_CLIENT_CONFIG ("local": in-cluster; a text with a line break: a kubeconfig;
//              else its path), KUBECONFIG (a list, merged: the first file that names something
//              counts), ~/.kube/config, in-cluster. KUBERNETES_CONTEXT names the context
//   errors     kInvalid, with file, entry and remedy; never a secret
//   threads    any
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "net/http.h"

namespace reprocess {

// A text, or the file that has it and may change; neither: there is none.
struct TextSource {
  std::string text{}, path{};
  bool empty() const { return text.empty() && path.empty(); }
  bool operator==(const TextSource&) const = default;
};

// A program that prints an ExecCredential (client.authentication.k8s.io).
struct ExecPlugin {
  std::string api_version;
  std::vector<std::string> command;      // the program and its arguments
  std::vector<std::string> environment;  // NAME=value
  std::string install_hint;
  bool wants_cluster = false;
  bool operator==(const ExecPlugin&) const = default;
};

struct ClusterAccess {
  std::string server;  // "https://host:6443", perhaps with a path, without a slash at the end
  std::string name_space = "default";
  TextSource authorities{};  // PEM; none = the system's
  bool insecure = false;
  std::string tls_server_name{};       // empty = the server's own
  std::optional<std::string> proxy{};  // nullopt = as the environment says to curl
  TextSource token{}, certificate{}, key{};
  std::optional<ExecPlugin> plugin{};
  std::vector<HttpHeader> impersonation{};
  bool operator==(const ClusterAccess&) const = default;
};

inline constexpr char kServiceAccount[] = "/var/run/secrets/kubernetes.io/serviceaccount";

// `account`: the folder of a pod's token, ca.crt and namespace.
Result<ClusterAccess> FindCluster(const Environment& environment,
                                  const std::string& account = kServiceAccount);

struct Kubeconfig {
  std::string text;
  std::string name;    // for messages
  std::string folder;  // that its relative paths start from
};

// Of at least one file, the context of that name; empty: the current one.
Result<ClusterAccess> ReadKubeconfigs(std::span<const Kubeconfig> files, std::string context);

}  // namespace reprocess
