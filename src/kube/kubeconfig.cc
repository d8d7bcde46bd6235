#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "kube/access.h"
#include "kube/base64.h"
#include "kube/json.h"
#include "kube/yaml.h"
#include "net/uri_encoding.h"

namespace reprocess {
namespace {

// All scalars of it are texts.
using Node = nlohmann::json;

struct Document {
  Node root;
  const Kubeconfig& file;
};

// A mapping of a file, read key by key; of what is wrong the first is kept.
class Fields {
 public:
  Fields(Node node, const Kubeconfig& file, std::string place)
      : node_(std::move(node)), file_(file), place_(std::move(place)) {}

  std::string Text(const std::string& key) { return TextOf(At(node_, {key}), key); }

  bool Flag(const std::string& key) {
    const std::string text = Text(key);
    if (text.empty() || text == "false") return false;
    if (text != "true") Blame(key, "neither true nor false");
    return text == "true";
  }

  std::vector<std::string> Texts(const std::string& key) {
    std::vector<std::string> texts;
    for (const Node& item : List(key)) texts.push_back(TextOf(item, key));
    return texts;
  }

  // "<key>-data" in Base64 wins over the path in "<key>".
  TextSource Pem(const std::string& key) {
    if (const std::string data = Text(key + "-data"); !data.empty()) {
      const auto text = FromBase64(data);
      if (!text) Blame(key + "-data", "not Base64");
      return {.text = text.value_or("")};
    }
    return {.path = Path(Text(key))};
  }

  std::string Path(const std::string& path) const {
    return path.empty() ? path : (std::filesystem::path(file_.folder) / path).string();
  }

  Fields Below(const std::string& key) {
    const Node& below = At(node_, {key});
    if (!below.is_object() && !below.is_null()) Blame(key, "not a mapping");
    return {below, file_, Place(key)};
  }

  std::vector<Node> List(const std::string& key) {
    const Node& list = At(node_, {key});
    if (!list.is_array() && !list.is_null()) Blame(key, "not a list");
    return list.is_array() ? list.get<std::vector<Node>>() : std::vector<Node>();
  }

  std::vector<std::string> Keys() const {
    std::vector<std::string> keys;
    if (!node_.is_object()) return keys;
    for (const auto& [key, value] : node_.items()) keys.push_back(key);
    return keys;
  }

  bool Has(const std::string& key) const { return !At(node_, {key}).is_null(); }

  void Blame(const std::string& key, std::string_view why) {
    if (problem_.empty()) problem_ = fmt::format("{}: {}", Place(key), why);
  }
  Result<void> Check() const {
    if (problem_.empty()) return {};
    return Invalid("read the kubeconfig: " + problem_, file_.name);
  }

 private:
  std::string Place(const std::string& key) const {
    return place_.empty() ? key : place_ + "." + key;
  }
  std::string TextOf(const Node& node, const std::string& key) {
    if (!node.is_string() && !node.is_null()) Blame(key, "not a text");
    return node.is_string() ? node.get<std::string>() : std::string();
  }

  Node node_;
  const Kubeconfig& file_;
  std::string place_, problem_;
};

Result<Node> Load(const Kubeconfig& file) {
  TRY(const YamlDocument yaml,
      ReadYaml(file.text, YamlScalars::kTexts, "read the kubeconfig", file.name));
  return Node::parse(yaml.json);
}

Result<std::vector<Document>> Parse(std::span<const Kubeconfig> files) {
  std::vector<Document> documents;
  for (const Kubeconfig& file : files) {
    TRY(const Node root, Load(file));
    if (!root.is_null() && !root.is_object()) {
      return Invalid("read the kubeconfig: not a mapping", file.name);
    }
    documents.push_back({root, file});
  }
  return documents;
}

// What `kind` has in the first file that has an entry of that name: the mapping under `inner`.
Result<Fields> Find(const std::vector<Document>& documents, const std::string& kind,
                    const std::string& inner, const std::string& name) {
  for (const auto& [root, file] : documents) {
    Fields all(root, file, {});
    for (const Node& entry : all.List(kind)) {
      Fields fields(entry, file, fmt::format("{}[{}]", kind, name));
      if (fields.Text("name") != name) continue;
      Fields found = fields.Below(inner);
      TRY_OK(fields.Check());
      return found;
    }
    TRY_OK(all.Check());
  }
  return Invalid(fmt::format("read the kubeconfig: {} has no \"{}\"", kind, name),
                 documents.front().file.name);
}

Result<std::string> CurrentContext(const std::vector<Document>& documents) {
  for (const auto& [root, file] : documents) {
    Fields all(root, file, {});
    std::string context = all.Text("current-context");
    TRY_OK(all.Check());
    if (!context.empty()) return context;
  }
  return Invalid("read the kubeconfig: it has no current-context", documents.front().file.name,
                 "set KUBERNETES_CONTEXT");
}

Result<void> ReadCluster(Fields fields, ClusterAccess& access) {
  access.server = fields.Text("server");
  while (access.server.ends_with('/')) access.server.pop_back();
  if (!access.server.starts_with("https://") && !access.server.starts_with("http://")) {
    fields.Blame("server", "not an http or https URL");
  }
  access.authorities = fields.Pem("certificate-authority");
  access.insecure = fields.Flag("insecure-skip-tls-verify");
  if (access.insecure && !access.authorities.empty()) {
    fields.Blame("insecure-skip-tls-verify", "set beside a certificate authority: one of the two");
  }
  access.tls_server_name = fields.Text("tls-server-name");
  if (const std::string proxy = fields.Text("proxy-url"); !proxy.empty()) access.proxy = proxy;
  return fields.Check();
}

Result<ExecPlugin> ReadPlugin(Fields fields) {
  ExecPlugin plugin{.api_version = fields.Text("apiVersion"),
                    .command = {},
                    .environment = {},
                    .install_hint = fields.Text("installHint"),
                    .wants_cluster = fields.Flag("provideClusterInfo")};
  if (plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    fields.Blame("apiVersion", "neither client.authentication.k8s.io/v1 nor its v1beta1");
  }
  if (fields.Text("interactiveMode") == "Always") {
    fields.Blame("interactiveMode", "Always: there is nobody here to ask");
  }
  std::string program = fields.Text("command");
  if (program.empty()) fields.Blame("command", "missing");
  // As kubectl has it: a bare name is looked for in PATH.
  plugin.command.push_back(program.find('/') == std::string::npos ? program : fields.Path(program));
  for (std::string& argument : fields.Texts("args")) plugin.command.push_back(std::move(argument));
  for (const Node& variable : fields.List("env")) {
    plugin.environment.push_back(TextAt(variable, {"name"}) + "=" + TextAt(variable, {"value"}));
  }
  TRY_OK(fields.Check());
  return plugin;
}

void ReadImpersonation(Fields& fields, std::vector<HttpHeader>& headers) {
  const std::string user = fields.Text("as"), uid = fields.Text("as-uid");
  if (!user.empty()) headers.push_back({"Impersonate-User", user});
  if (!uid.empty()) headers.push_back({"Impersonate-Uid", uid});
  for (const std::string& group : fields.Texts("as-groups")) {
    headers.push_back({"Impersonate-Group", group});
  }
  Fields extra = fields.Below("as-user-extra");
  for (const std::string& key : extra.Keys()) {
    for (const std::string& value : extra.Texts(key)) {
      headers.push_back({"Impersonate-Extra-" + UriEncoded(key, Slash::kEncoded), value});
    }
  }
}

Result<void> ReadUser(Fields fields, ClusterAccess& access) {
  access.token = {.text = fields.Text("token")};
  if (const std::string path = fields.Text("tokenFile"); !path.empty()) {
    access.token = {.path = fields.Path(path)};
  }
  access.certificate = fields.Pem("client-certificate");
  access.key = fields.Pem("client-key");
  if (access.certificate.empty() != access.key.empty()) {
    fields.Blame("client-certificate", "certificate and key belong together");
  }
  for (const char* gone : {"auth-provider", "username"}) {
    if (fields.Has(gone)) fields.Blame(gone, "no longer part of Kubernetes; use exec or a token");
  }
  ReadImpersonation(fields, access.impersonation);
  Fields plugin = fields.Below("exec");
  TRY_OK(fields.Check());
  if (!fields.Has("exec")) return {};
  TRY(access.plugin, ReadPlugin(std::move(plugin)));
  return {};
}

}  // namespace

Result<ClusterAccess> ReadKubeconfigs(std::span<const Kubeconfig> files, std::string context) {
  TRY(const std::vector<Document> documents, Parse(files));
  if (context.empty()) {
    TRY(context, CurrentContext(documents));
  }
  TRY(Fields chosen, Find(documents, "contexts", "context", context));
  ClusterAccess access;
  if (const std::string name = chosen.Text("namespace"); !name.empty()) access.name_space = name;
  const std::string cluster = chosen.Text("cluster"), user = chosen.Text("user");
  TRY_OK(chosen.Check());
  TRY(Fields cluster_fields, Find(documents, "clusters", "cluster", cluster));
  TRY_OK(ReadCluster(std::move(cluster_fields), access));
  if (user.empty()) return access;
  TRY(Fields user_fields, Find(documents, "users", "user", user));
  TRY_OK(ReadUser(std::move(user_fields), access));
  return access;
}

}  // namespace reprocess
