#include "kube/access.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/trimmed.h"

namespace reprocess {
namespace {

std::string ValueOf(const Environment& environment, const std::string& name) {
  return environment(name).value_or("");
}

std::optional<std::string> FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<ClusterAccess> InCluster(const Environment& environment, const std::string& account) {
  std::string host = ValueOf(environment, "KUBERNETES_SERVICE_HOST");
  const std::string port = ValueOf(environment, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return Invalid(
        "find the cluster: KUBERNETES_SERVICE_HOST or KUBERNETES_SERVICE_PORT is not set", {},
        "only a pod has them; elsewhere name a kubeconfig");
  }
  if (host.find(':') != std::string::npos) host = fmt::format("[{}]", host);
  const auto name_space = FileText(account + "/namespace");
  if (!name_space || Trimmed(*name_space).empty()) {
    return Invalid("find the cluster: cannot read the namespace", account + "/namespace",
                   "the pod needs automountServiceAccountToken");
  }
  return ClusterAccess{.server = fmt::format("https://{}:{}", host, port),
                       .name_space = std::string(Trimmed(*name_space)),
                       .authorities = {.path = account + "/ca.crt"},
                       .token = {.path = account + "/token"}};
}

Result<Kubeconfig> ReadFile(const std::string& path) {
  auto text = FileText(path);
  if (!text) return Invalid("read the kubeconfig: cannot open it", path);
  const auto folder = std::filesystem::absolute(path).parent_path().string();
  return Kubeconfig{*std::move(text), path, folder};
}

// Those of the list that exist.
Result<std::vector<Kubeconfig>> ReadFiles(std::string_view list) {
  std::vector<Kubeconfig> files;
  for (std::size_t from = 0; from <= list.size();) {
    const auto end = std::min(list.find(':', from), list.size());
    const std::string path(list.substr(from, end - from));
    from = end + 1;
    std::error_code ignored;
    if (path.empty() || !std::filesystem::exists(path, ignored)) continue;
    TRY(Kubeconfig file, ReadFile(path));
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

Result<ClusterAccess> FindCluster(const Environment& environment, const std::string& account) {
  const std::string context = ValueOf(environment, "KUBERNETES_CONTEXT");
  const std::string given = ValueOf(environment, "KUBERNETES_CLIENT_CONFIG");
  if (given == "local") return InCluster(environment, account);
  if (given.find('\n') != std::string::npos) {
    const Kubeconfig file{given, "KUBERNETES_CLIENT_CONFIG", "."};
    return ReadKubeconfigs({&file, 1}, context);
  }
  if (!given.empty()) {
    TRY(const Kubeconfig file, ReadFile(given));
    return ReadKubeconfigs({&file, 1}, context);
  }
  std::string list = ValueOf(environment, "KUBECONFIG");
  const std::string home = ValueOf(environment, "HOME");
  if (list.empty() && !home.empty()) list = home + "/.kube/config";
  TRY(const std::vector<Kubeconfig> files, ReadFiles(list));
  if (!files.empty()) return ReadKubeconfigs(files, context);
  if (!ValueOf(environment, "KUBERNETES_SERVICE_HOST").empty()) {
    return InCluster(environment, account);
  }
  return Invalid("find the cluster: there is no kubeconfig, and this is no pod", list,
                 "set KUBECONFIG, or KUBERNETES_CLIENT_CONFIG");
}

}  // namespace reprocess
