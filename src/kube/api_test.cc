#include "kube/api.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/environment_for_tests.h"
#include "kube/cluster_for_tests.h"
#include "model/time_text.h"
#include "net/tls_server_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class KubeApiTest : public testing::Test {
 protected:
  Result<HttpResponse> Send(const ClusterAccess& access,
                            KubeCall call = {.verb = "get", .resource = kJobs, .name = "r-1"}) {
    return KubeApi(access, WorldOf(clock_)).Send(call, {});
  }
  // An executable file.
  std::string Script(const std::string& text) {
    const std::string path = home_.path() + "/plugin";
    std::ofstream(path) << "#!/bin/sh\n" << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  ClusterAccess Plugged(const ScriptedCluster& cluster, const std::string& script) {
    ClusterAccess access = cluster.access();
    access.plugin = ExecPlugin{.api_version = "client.authentication.k8s.io/v1",
                               .command = {Script(script)},
                               .environment = {"GIVEN=here"},
                               .install_hint = "install the plugin"};
    return access;
  }

  HandClock clock_;
  TemporaryHome home_;
};

TEST_F(KubeApiTest, AsksForAnObjectOfItsNamespaceAsWhoeverItIs) {
  ScriptedCluster cluster({Ok("{}")});
  ClusterAccess access = cluster.access();
  access.server += "/k8s";
  access.token = {.text = "hush"};
  access.impersonation = {{"Impersonate-User", "robot"}};
  ASSERT_TRUE(
      Send(access, {.verb = "get", .resource = kPods, .name = "a/b", .subresource = "log"}));
  const std::string request = cluster.requests().at(0);
  EXPECT_THAT(request, StartsWith("GET /k8s/api/v1/namespaces/team/pods/a%2Fb/log HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer hush\r\n"));
  EXPECT_THAT(request, HasSubstr("Impersonate-User: robot\r\n"));
}

TEST_F(KubeApiTest, SaysWhatARefusalMeans) {
  const struct {
    std::string status;
    Code code;
    Remedy remedy;
  } rows[] = {
      {"400 Bad Request", Code::kInvalid, Remedy::kStop},
      {"401 Unauthorized", Code::kNotAuthorized, Remedy::kStop},
      {"403 Forbidden", Code::kOther, Remedy::kStop},
      {"404 Not Found", Code::kNotFound, Remedy::kStop},
      {"409 Conflict", Code::kConflict, Remedy::kStop},
      {"410 Gone", Code::kChanged, Remedy::kStop},
      {"422 Unprocessable Entity", Code::kInvalid, Remedy::kStop},
      {"500 Internal Server Error", Code::kOther, Remedy::kWait},
      {"503 Service Unavailable", Code::kOther, Remedy::kWait},
  };
  for (const auto& [status, code, remedy] : rows) {
    const ScriptedCluster cluster({Refused(status, "said so")});
    const auto answer = Send(cluster.access());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code) << status;
    EXPECT_EQ(answer.error().remedy, remedy) << status;
    EXPECT_EQ(answer.error().what, "kubernetes get jobs r-1: said so");
  }
}

TEST_F(KubeApiTest, NamesTheRuleThatTheRoleLacks) {
  const ScriptedCluster cluster(
      {Refused("403 Forbidden",
               R"(pods \"r-1\" is forbidden: User \"u\" cannot get resource \"pods/log\")")});
  const auto answer = Send(cluster.access(),
                           {.verb = "get", .resource = kPods, .name = "r-1", .subresource = "log"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kNotAuthorized);
  EXPECT_THAT(answer.error().hint,
              HasSubstr(R"({apiGroups: [""], resources: ["pods/log"], verbs: ["get"]})"));
}

TEST_F(KubeApiTest, LeavesAnOverloadedServerAloneForAsLongAsItWants) {
  ScriptedCluster cluster({Refused("429 Too Many Requests", "busy", "Retry-After: 3\r\n"),
                           Refused("429 Too Many Requests", "busy"), Ok("{}")});
  const SteadyTime begin = clock_.now;
  ASSERT_TRUE(Send(cluster.access()));
  EXPECT_EQ(clock_.now - begin, std::chrono::seconds(4));
  EXPECT_EQ(cluster.requests().size(), 3u);
}

TEST_F(KubeApiTest, AnOverloadPastTheDeadlineIsToBeWaitedFor) {
  ScriptedCluster cluster({Refused("429 Too Many Requests", "busy", "Retry-After: 31\r\n")});
  const auto answer = Send(cluster.access());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().remedy, Remedy::kWait);
  EXPECT_EQ(cluster.requests().size(), 1u);
}

TEST_F(KubeApiTest, AServerThatHangsOrIsNotThereIsAway) {
  ScriptedCluster hanging({Reply("")});
  KubeApi slow(hanging.access(), WorldOf(SystemClock()), Milliseconds(40));
  const auto hung = slow.Send({.verb = "list", .resource = kJobs}, {});
  ASSERT_FALSE(hung);
  EXPECT_EQ(hung.error().remedy, Remedy::kWait);
  EXPECT_EQ(hung.error().code, Code::kTimedOut);
  ClusterAccess nowhere = hanging.access();
  nowhere.server = "http://127.0.0.1:1";
  const auto away = Send(nowhere);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().remedy, Remedy::kWait);
}

TEST_F(KubeApiTest, ATokenThatWasReplacedIsReadAgainAtOnce) {
  const std::string path = home_.path() + "/token";
  std::ofstream(path) << "first\n";
  ScriptedCluster cluster({Ok("{}"), Refused("401 Unauthorized", "who"), Ok("{}"), Ok("{}")});
  ClusterAccess access = cluster.access();
  access.token = {.path = path};
  KubeApi api(access, WorldOf(clock_));
  const KubeCall call{.verb = "list", .resource = kJobs};
  ASSERT_TRUE(api.Send(call, {}));
  std::ofstream(path) << "second\n";
  ASSERT_TRUE(api.Send(call, {}));
  std::ofstream(path) << "third\n";
  clock_.Move(std::chrono::minutes(1));
  ASSERT_TRUE(api.Send(call, {}));
  const char* const tokens[] = {"first", "first", "second", "third"};
  for (std::size_t i = 0; i < std::size(tokens); ++i) {
    EXPECT_THAT(cluster.requests().at(i), HasSubstr("Bearer " + std::string(tokens[i]) + "\r\n"));
  }
}

TEST_F(KubeApiTest, ARefusedTokenThatCannotChangeIsNotTriedAgain) {
  ScriptedCluster cluster({Refused("401 Unauthorized", "who"), Ok("{}")});
  ClusterAccess access = cluster.access();
  access.token = {.text = "hush"};
  const auto answer = Send(access);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kNotAuthorized);
  EXPECT_THAT(answer.error().ToString(), Not(HasSubstr("hush")));
  EXPECT_EQ(cluster.requests().size(), 1u);
}

TEST_F(KubeApiTest, ShowsACertificateFromMemoryUnderTheNameThatTheServersHas) {
  const TestCertificate own = MakeCertificate("DNS:kubernetes");
  const TestCertificate ours = MakeCertificate("DNS:us");
  ScriptedCluster cluster({Ok("{}")}, Tls(own, ours.certificate));
  ClusterAccess access = cluster.access();
  access.server = "https://127.0.0.1:" + std::to_string(cluster.port()) + "/k8s";
  access.authorities = {.text = own.certificate};
  access.certificate = {.text = ours.certificate};
  access.key = {.text = ours.key};
  access.tls_server_name = "kubernetes";
  const auto answer = Send(access);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_THAT(cluster.requests().at(0), StartsWith("GET /k8s/apis/batch/v1/"));
  access.tls_server_name = "elsewhere";
  EXPECT_FALSE(Send(access));
}

TEST_F(KubeApiTest, AsksAPluginOnceUntilItsAnswerExpires) {
  clock_.wall = *ParseRfc3339("2026-05-01T00:00:00Z");
  ScriptedCluster cluster({Ok("{}"), Ok("{}"), Ok("{}")});
  const ClusterAccess access = Plugged(cluster, R"(
echo x >> ")" + home_.path() + R"(/calls"
case $KUBERNETES_EXEC_INFO in *'"interactive":false'*) ;; *) exit 7 ;; esac
echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
"status":{"token":"'$GIVEN'","expirationTimestamp":"2026-05-01T00:10:00Z"}}')");
  KubeApi api(access, WorldOf(clock_));
  const auto calls = [&] { return std::filesystem::file_size(home_.path() + "/calls") / 2; };
  const KubeCall call{.verb = "list", .resource = kJobs};
  const auto first = api.Send(call, {});
  ASSERT_TRUE(first) << first.error().ToString();
  ASSERT_TRUE(api.Send(call, {}));
  EXPECT_EQ(calls(), 1u);
  clock_.Move(std::chrono::minutes(10));
  ASSERT_TRUE(api.Send(call, {}));
  EXPECT_EQ(calls(), 2u);
  EXPECT_THAT(cluster.requests().at(0), HasSubstr("Authorization: Bearer here\r\n"));
}

TEST_F(KubeApiTest, APluginThatFailsIsNamedWithItsHintAndWithoutItsOutput) {
  ScriptedCluster cluster({});
  for (const std::string script :
       {"echo hush; exit 3", "echo hush", "echo '{\"kind\":\"ExecCredential\"}'",
        "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
        "\"status\":{\"clientKeyData\":\"hush\"}}'"}) {
    SCOPED_TRACE(script);
    const auto answer = Send(Plugged(cluster, script));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kNotAuthorized);
    EXPECT_THAT(answer.error().what, StartsWith("ask the credential plugin: "));
    EXPECT_EQ(answer.error().where, home_.path() + "/plugin");
    EXPECT_THAT(answer.error().ToString(), Not(HasSubstr("hush")));
  }
  EXPECT_EQ(Send(Plugged(cluster, "exit 3")).error().hint, "install the plugin");
}

}  // namespace
}  // namespace reprocess
