#include "cluster/worker_environment.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>

#include "config/settings_table.h"

namespace reprocess {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Variables = std::map<std::string, std::string>;

const Destination kTopic{Destination::kKafka, "here:9092", "events", {}};

Result<WorkerEnvironment> Of(const Variables& variables, const WorkerIdentity& identity = {}) {
  const Environment environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return EnvironmentForWorkers(environment, kTopic, identity);
}

Variables Passed(const Variables& variables, const WorkerIdentity& identity = {}) {
  const auto result = Of(variables, identity);
  if (!result) return {{"error", result.error().ToString()}};
  return {result->variables.begin(), result->variables.end()};
}

class WorkersEnvironment : public ::testing::Test {
 protected:
  WorkersEnvironment() {
    std::string name = (std::filesystem::temp_directory_path() / "environment_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~WorkersEnvironment() override { std::filesystem::remove_all(folder_); }
  std::string File(const std::string& text) {
    std::ofstream(folder_ / "ca.pem") << text;
    return folder_ / "ca.pem";
  }

  std::filesystem::path folder_;
};

TEST_F(WorkersEnvironment, FiveVariablesAreAlwaysThere) {
  EXPECT_EQ(Passed({}), (Variables{{"DATABASE_URL", ""},
                                   {"KAFKA_BOOTSTRAP_SERVERS", "here:9092"},
                                   {"KAFKA_DESTINATIONS_TOPIC", "events"},
                                   {"REPOSITORY_URL", ""},
                                   {"REPOSITORY_AUTH_TOKEN", ""}}));
}

TEST_F(WorkersEnvironment, TheTopicIsTheJobsAndBrokersMayBeCalledOtherwiseFromWithin) {
  const Variables passed = Passed({{"KAFKA_BOOTSTRAP_SERVERS", "elsewhere:9092"},
                                   {"KAFKA_DESTINATIONS_TOPIC", "another"},
                                   {"REPROCESSING_WORKER_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"}});
  EXPECT_EQ(passed.at("KAFKA_BOOTSTRAP_SERVERS"), "kafka:9092");
  EXPECT_EQ(passed.at("KAFKA_DESTINATIONS_TOPIC"), "events");
}

TEST_F(WorkersEnvironment, EachSettingOfAWorkerIsPassedOnOrNamedHereAsNotToBe) {
  const std::set<std::string> kNot = {"JOB_ID",
                                      "WORKER_INDEX",
                                      "JOB_COMPLETION_INDEX",
                                      "TOTAL_WORKERS",
                                      "REPROCESS_CONFIG_DIR",
                                      "REPROCESS_FAILED_FILES_EXIT",
                                      "REPROCESS_LOCAL_ROOT",
                                      "AWS_WEB_IDENTITY_TOKEN_FILE",
                                      "AWS_ROLE_ARN",
                                      "AWS_PROFILE",
                                      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                      "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                      "KAFKA_SSL_CA_FILE"};
  Variables all;
  for (const auto settings : {ServiceSettings(), ReplaySettings()}) {
    for (const Setting& setting : settings) all[std::string(setting.name)] = "x";
  }
  all["KAFKA_SSL_CA_FILE"] = all["AWS_CA_BUNDLE"] = File("PEM");
  all.erase("AWS_PROFILE");
  all.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  const Variables passed = Passed(all);
  for (const auto& [name, value] : all) {
    EXPECT_EQ(passed.contains(name), !kNot.contains(name)) << name;
  }
}

TEST_F(WorkersEnvironment, NothingElseIsPassedOn) {
  const Variables passed =
      Passed({{"TOKEN_SECRET", "s"}, {"AUTH_TOKENS", "t"}, {"HOME", "/root"}, {"PATH", "/bin"}});
  EXPECT_EQ(passed.size(), 5u);
}

TEST_F(WorkersEnvironment, WithAServiceAccountThereAreNoKeys) {
  const Variables keys = {{"AWS_ACCESS_KEY_ID", "k"},
                          {"AWS_SECRET_ACCESS_KEY", "s"},
                          {"AWS_SESSION_TOKEN", "t"},
                          {"AWS_REGION", "eu-central-1"}};
  const Variables with = Passed(keys, {.service_account = true});
  EXPECT_FALSE(with.contains("AWS_ACCESS_KEY_ID"));
  EXPECT_EQ(with.at("AWS_REGION"), "eu-central-1");
  EXPECT_EQ(Passed(keys).at("AWS_SECRET_ACCESS_KEY"), "s");
  EXPECT_THAT(Of(keys)->warnings, ElementsAre(HasSubstr("AWS_SESSION_TOKEN")));
  EXPECT_THAT(Of(keys, {.service_account = true})->warnings, IsEmpty());
}

TEST_F(WorkersEnvironment, AnAddressThatIsThePodItselfIsWarnedOf) {
  EXPECT_THAT(Of({{"DATABASE_URL", "postgresql://u:secret@localhost:5432/db"}})->warnings,
              ElementsAre(AllOf(HasSubstr("DATABASE_URL"), Not(HasSubstr("secret")))));
  EXPECT_THAT(Of({{"DATABASE_URL", "postgresql://db/x"}})->warnings, IsEmpty());
  EXPECT_THAT(Of({{"REPROCESSING_WORKER_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"}})->warnings,
              ElementsAre(HasSubstr("KAFKA_BOOTSTRAP_SERVERS")));
}

TEST_F(WorkersEnvironment, AnAuthoritysFileIsTakenAlong) {
  const std::string path = File("-----BEGIN CERTIFICATE-----\nx\n");
  const auto result = Of({{"KAFKA_SSL_CA_FILE", path}, {"AWS_CA_BUNDLE", path}});
  ASSERT_TRUE(result) << result.error().ToString();
  const Variables passed(result->variables.begin(), result->variables.end());
  EXPECT_EQ(passed.at("KAFKA_SSL_CA"), "-----BEGIN CERTIFICATE-----\nx\n");
  EXPECT_EQ(passed.at("AWS_CA_BUNDLE"), "/config/job/aws-ca.pem");
  EXPECT_EQ(result->authorities, "-----BEGIN CERTIFICATE-----\nx\n");
}

TEST_F(WorkersEnvironment, OtherFilesAreRefusedByNameUnlessTheyAreMounted) {
  const Variables files = {
      {"AWS_PROFILE", "p"},
      {"KAFKA_SSL_CA_FILE", "/no/such/file"},
      {"KAFKA_PROPERTIES",
       "linger.ms=5\nssl.key.location = /tls/key.pem\nsasl.kerberos.keytab=/k"}};
  const auto refused = Of(files);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  for (const char* name : {"AWS_PROFILE", "KAFKA_SSL_CA_FILE", "ssl.key.location",
                           "sasl.kerberos.keytab", "4 problems"}) {
    EXPECT_THAT(refused.error().what, HasSubstr(name));
  }
  const auto mounted =
      Of({{"KAFKA_PROPERTIES", "ssl.key.location=/tls/key.pem"}, {"AWS_CA_BUNDLE", "/tls/ca.pem"}},
         {.mounted = {"/tls"}});
  ASSERT_TRUE(mounted) << mounted.error().ToString();
  EXPECT_THAT(mounted->authorities, IsEmpty());
  EXPECT_FALSE(Of({{"KAFKA_PROPERTIES", "ssl.key.location=/tlsx/key.pem"}}, {.mounted = {"/tls"}}));
}

}  // namespace
}  // namespace reprocess
