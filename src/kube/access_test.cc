#include "kube/access.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/environment_for_tests.h"
#include "kube/base64.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kConfig[] = R"(
apiVersion: v1
kind: Config
current-context: day
clusters:
- name: c
  cluster:
    server: https://api.test:6443/k8s/
    certificate-authority: ca.pem
    tls-server-name: kubernetes
    proxy-url: http://proxy.test:3128
- name: open
  cluster: {server: "https://open.test", insecure-skip-tls-verify: true}
users:
- name: u
  user: {tokenFile: secrets/token, token: older, as: robot, as-groups: [one, two],
         as-user-extra: {team/x: [y]}}
- name: certified
  user: {client-certificate-data: Y2VydA==, client-key-data: a2V5}
- name: plugged
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/plugin
      args: [get, token]
      env: [{name: A, value: b}]
      installHint: install it
      interactiveMode: IfAvailable
      provideClusterInfo: true
contexts:
- name: day
  context: {cluster: c, user: u, namespace: replay}
- name: night
  context: {cluster: open, user: certified}
- name: exec
  context: {cluster: open, user: plugged}
)";

Result<ClusterAccess> Read(const std::string& text, const std::string& context = "") {
  const Kubeconfig file{text, "config", "/etc/kube"};
  return ReadKubeconfigs({&file, 1}, context);
}

TEST(Kubeconfig, GivesTheCurrentContextWithPathsThatStartAtTheFile) {
  const auto access = Read(kConfig);
  ASSERT_TRUE(access) << access.error().ToString();
  EXPECT_EQ(access->server, "https://api.test:6443/k8s");
  EXPECT_EQ(access->name_space, "replay");
  EXPECT_EQ(access->authorities, (TextSource{.path = "/etc/kube/ca.pem"}));
  EXPECT_EQ(access->tls_server_name, "kubernetes");
  EXPECT_EQ(access->proxy, "http://proxy.test:3128");
  EXPECT_EQ(access->token, (TextSource{.path = "/etc/kube/secrets/token"}));
  EXPECT_THAT(access->impersonation, ElementsAre(HttpHeader{"Impersonate-User", "robot"},
                                                 HttpHeader{"Impersonate-Group", "one"},
                                                 HttpHeader{"Impersonate-Group", "two"},
                                                 HttpHeader{"Impersonate-Extra-team%2Fx", "y"}));
}

TEST(Kubeconfig, GivesTheNamedContext) {
  const auto access = Read(kConfig, "night");
  ASSERT_TRUE(access) << access.error().ToString();
  EXPECT_TRUE(access->insecure);
  EXPECT_EQ(access->name_space, "default");
  EXPECT_EQ(access->proxy, std::nullopt);
  EXPECT_EQ(access->certificate, (TextSource{.text = "cert"}));
  EXPECT_EQ(access->key, (TextSource{.text = "key"}));
}

TEST(Kubeconfig, GivesThePluginWithItsProgramBesideTheFile) {
  const auto access = Read(kConfig, "exec");
  ASSERT_TRUE(access) << access.error().ToString();
  ASSERT_TRUE(access->plugin);
  EXPECT_THAT(access->plugin->command, ElementsAre("/etc/kube/./bin/plugin", "get", "token"));
  EXPECT_THAT(access->plugin->environment, ElementsAre("A=b"));
  EXPECT_TRUE(access->plugin->wants_cluster);
}

TEST(Kubeconfig, SaysWhichEntryOfWhichFileIsWrongAndShowsNoSecret) {
  const auto with = [](const std::string& cluster, const std::string& user) {
    return "current-context: x\nclusters: [{name: x, cluster: " + cluster +
           "}]\nusers: [{name: x, user: " + user +
           "}]\ncontexts: [{name: x, context: {cluster: x, user: x}}]\n";
  };
  const std::string good = "{server: 'https://a'}";
  const struct {
    std::string text, what;
  } rows[] = {
      {"a: [hush", "not YAML"},
      {"hush", "not a mapping"},
      {"", "no current-context"},
      {"current-context: x", "contexts has no \"x\""},
      {"current-context: x\ncontexts: hush", "contexts: not a list"},
      {with("{server: hush}", "{}"), "clusters[x].cluster.server: not an http"},
      {with("{server: 'https://a', certificate-authority-data: hush!}", "{}"), "not Base64"},
      {with("{server: 'https://a', certificate-authority: b, insecure-skip-tls-verify: true}",
            "{}"),
       "insecure-skip-tls-verify"},
      {with("{server: 'https://a', insecure-skip-tls-verify: hush}", "{}"),
       "neither true nor false"},
      {with(good, "{token: [hush]}"), "users[x].user.token: not a text"},
      {with(good, "{client-key-data: aHVzaA==}"), "belong together"},
      {with(good, "{username: u, password: hush}"), "no longer part of Kubernetes"},
      {with(good, "{auth-provider: {name: gcp}}"), "no longer part of Kubernetes"},
      {with(good, "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: c}}"),
       "exec.apiVersion"},
      {with(good,
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: c, "
            "interactiveMode: Always}}"),
       "interactiveMode"},
      {with(good, "{exec: {apiVersion: client.authentication.k8s.io/v1}}"), "command: missing"},
  };
  for (const auto& [text, what] : rows) {
    SCOPED_TRACE(text);
    const auto access = Read(text);
    ASSERT_FALSE(access);
    EXPECT_EQ(access.error().code, Code::kInvalid);
    EXPECT_EQ(access.error().where, "config");
    EXPECT_THAT(access.error().what, HasSubstr(what));
    EXPECT_THAT(access.error().ToString(), Not(HasSubstr("hush")));
  }
}

class FindClusterTest : public testing::Test {
 protected:
  FindClusterTest() {
    std::filesystem::create_directories(home_.path() + "/.kube");
    Write("account/namespace", "team\n");
    environment_ = {{"HOME", home_.path()}};
  }
  void Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path(home_.path() + "/" + name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  Result<ClusterAccess> Find() {
    return FindCluster(EnvironmentOf(environment_), home_.path() + "/account");
  }
  std::string ServerFound() {
    const auto access = Find();
    return access ? access->server : access.error().ToString();
  }
  static std::string ConfigOf(const std::string& name) {
    return "current-context: " + name + "\nclusters: [{name: same, cluster: {server: 'https://" +
           name + "'}}]\ncontexts: [{name: " + name + ", context: {cluster: same}}]\n";
  }

  TemporaryHome home_;
  Variables environment_;
};

TEST_F(FindClusterTest, InAPodTakesAddressTokenAndNamespaceFromThere) {
  environment_["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  environment_["KUBERNETES_SERVICE_PORT"] = "443";
  const auto access = Find();
  ASSERT_TRUE(access) << access.error().ToString();
  EXPECT_EQ(access->server, "https://[fd00::1]:443");
  EXPECT_EQ(access->name_space, "team");
  EXPECT_EQ(access->token.path, home_.path() + "/account/token");
  EXPECT_EQ(access->authorities.path, home_.path() + "/account/ca.crt");
}

TEST_F(FindClusterTest, LooksWhereKubectlLooksAndWhereItIsTold) {
  EXPECT_THAT(ServerFound(), HasSubstr("set KUBECONFIG"));
  environment_["KUBERNETES_SERVICE_HOST"] = "10.0.0.1";
  environment_["KUBERNETES_SERVICE_PORT"] = "443";
  EXPECT_EQ(ServerFound(), "https://10.0.0.1:443");
  Write(".kube/config", ConfigOf("home"));
  EXPECT_EQ(ServerFound(), "https://home");
  Write("one", ConfigOf("one"));
  Write("two", ConfigOf("two"));
  environment_["KUBECONFIG"] =
      home_.path() + "/absent:" + home_.path() + "/one::" + home_.path() + "/two";
  EXPECT_EQ(ServerFound(), "https://one");
  environment_["KUBERNETES_CONTEXT"] = "two";
  EXPECT_EQ(ServerFound(), "https://one") << "the first file that names a cluster counts";
  environment_["KUBERNETES_CONTEXT"] = "none";
  EXPECT_THAT(ServerFound(), HasSubstr("contexts has no \"none\""));
  environment_.erase("KUBERNETES_CONTEXT");
  environment_["KUBERNETES_CLIENT_CONFIG"] = home_.path() + "/two";
  EXPECT_EQ(ServerFound(), "https://two");
  environment_["KUBERNETES_CLIENT_CONFIG"] = ConfigOf("text");
  EXPECT_EQ(ServerFound(), "https://text");
  environment_["KUBERNETES_CLIENT_CONFIG"] = "local";
  EXPECT_EQ(ServerFound(), "https://10.0.0.1:443");
  environment_["KUBERNETES_CLIENT_CONFIG"] = "/no/such/file";
  EXPECT_THAT(ServerFound(), HasSubstr("cannot open it (/no/such/file)"));
}

TEST(Base64, IsReadAsItIsWritten) {
  for (const std::string bytes : {"", "a", "ab", "abc", "abcd", "\xff\x00\xfe"}) {
    EXPECT_EQ(FromBase64(Base64Of(bytes)), bytes);
  }
  EXPECT_EQ(Base64Of("key"), "a2V5");
  EXPECT_EQ(FromBase64(" a2\nV5 "), "key");
  for (const std::string bad : {"a", "a2V", "a2V5=", "a=V5", "a2V?"}) {
    EXPECT_EQ(FromBase64(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace reprocess
