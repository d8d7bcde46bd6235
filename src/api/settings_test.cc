#include "api/settings.h"

#include <map>

#include <gmock/gmock.h>

namespace reprocess {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

using Vars = std::map<std::string, std::string>;

Environment Of(Vars vars) {
  return [vars = std::move(vars)](const std::string& name) -> std::optional<std::string> {
    const auto found = vars.find(name);
    return found == vars.end() ? std::nullopt : std::optional(found->second);
  };
}

Result<ServeSettings> Load(const Vars& vars) {
  const auto environment = WithAdminsFile(Of(vars));
  return environment ? LoadServeSettings(*environment) : std::unexpected(environment.error());
}

TEST(ServeSettings, WithoutATokenOnlyThisMachineIsServed) {
  EXPECT_EQ(Load({})->address, "127.0.0.1");
  EXPECT_EQ(Load({{"RAW_AUTH_TOKENS", "t"}})->address, "0.0.0.0");
  EXPECT_EQ(Load({{"REPROCESS_NO_AUTH", "true"}})->address, "0.0.0.0");
  EXPECT_THAT(Load({{"HTTP_ADDRESS", "0.0.0.0"}}).error().what, HasSubstr("HTTP_ADDRESS"));
}

TEST(ServeSettings, AListOfTokensWithoutAnyIsRefused) {
  for (const char* name : {"RAW_AUTH_TOKENS", "AUTH_TOKENS", "REPROCESS_VIEW_TOKENS"}) {
    EXPECT_THAT(Load({{name, ","}}).error().what, HasSubstr(name));
  }
}

TEST(ServeSettings, GoByTheAdminsNamesWhichWin) {
  EXPECT_EQ(Load({})->port, 3049);
  EXPECT_EQ(Load({{"PORT", "1"}})->port, 1);
  EXPECT_EQ(Load({{"PORT", "1"}, {"HTTP_PORT", "2"}})->port, 2);
  EXPECT_EQ(Load({{"HTTP_PORT", "2"}, {"ADMIN_HTTP_PORT", "3"}})->port, 3);
  EXPECT_EQ(Load({{"ADMIN_KAFKA_DESTINATIONS_TOPIC_NAME", "topic"}})->work.kafka.topic, "topic");
  EXPECT_EQ(Load({})->work.kafka.topic, "") << "nobody here means a topic that was not named";
  EXPECT_EQ(Load({{"REPROCESSING_WORKER_KAFKA_BOOTSTRAP_SERVERS", "k:1"}})->work.kafka.brokers,
            "k:1");
}

TEST(ServeSettings, SayWhatNothingReads) {
  EXPECT_THAT(Load({{"K8S_NAMESPACE", "x"}})->warnings, Contains(HasSubstr("K8S_NAMESPACE")));
}

TEST(ServeSettings, AllThatIsWrongComesInOneError) {
  const auto loaded = Load({{"HTTP_PORT", "x"},
                            {"AUTH_TOKENS", "a.b,secretwithoutdot"},
                            {"LOG_LEVEL", "loud"},
                            {"REPROCESS_TLS_KEY", "k"}});
  ASSERT_FALSE(loaded);
  for (const char* words :
       {"4 problems", "HTTP_PORT", "AUTH_TOKENS: entry 2", "LOG_LEVEL", "--tls-cert"}) {
    EXPECT_THAT(loaded.error().what, HasSubstr(words));
  }
  EXPECT_THAT(loaded.error().what, testing::Not(HasSubstr("secretwithoutdot")));
}

TEST(ServeSettings, ListsAreCutAtCommas) {
  EXPECT_THAT(Load({{"REPROCESS_ALLOWED_HOSTS", " a, b,,"}})->allowed_hosts, ElementsAre("a", "b"));
}

}  // namespace
}  // namespace reprocess
