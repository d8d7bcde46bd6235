#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/worker_config.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using Vars = std::map<std::string, std::string>;
using Properties = std::vector<std::pair<std::string, std::string>>;

Environment Of(Vars variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

std::string ErrorOf(const Vars& variables) {
  const auto config = LoadEnvironment(Of(variables));
  return config ? "" : config.error().ToString();
}

TEST(Environment, ThatIsEmptyIsTheDefaults) {
  const auto config = LoadEnvironment(Of({}));
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_EQ(config->job_id, "");
  EXPECT_EQ(config->worker_index, -1);
  EXPECT_EQ(config->total_workers, std::nullopt);
  EXPECT_EQ(config->config_dir, "/config");
  EXPECT_EQ(config->kafka.brokers, "");
  EXPECT_EQ(config->kafka.topic, "bulker-destinations");
  EXPECT_FALSE(config->kafka.create_topic);
  EXPECT_FALSE(config->failed_files_exit_2);
  EXPECT_THAT(config->kafka.properties, IsEmpty());
  EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(Environment, IsReadInFull) {
  const auto config =
      LoadEnvironment(Of({{"JOB_ID", " job-1\n"},
                          {"WORKER_INDEX", "2"},
                          {"JOB_COMPLETION_INDEX", "7"},
                          {"TOTAL_WORKERS", "3"},
                          {"DATABASE_URL", "postgres://u:p@h/db?schema=x\n"},
                          {"KAFKA_BOOTSTRAP_SERVERS", "a:9092, b:9093,,[::1]:9094,c"},
                          {"KAFKA_DESTINATIONS_TOPIC", "out"},
                          {"REPROCESS_CREATE_TOPIC", "True"},
                          {"REPOSITORY_URL", "https://r/x?y"},
                          {"REPOSITORY_AUTH_TOKEN", "t\n"},
                          {"REPROCESS_CONFIG_DIR", "/c"},
                          {"REPROCESS_FAILED_FILES_EXIT", "2"},
                          {"LOG_LEVEL", "WARN"},
                          {"LOG_FORMAT", "json"}}));
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_EQ(config->job_id, "job-1");
  EXPECT_EQ(config->worker_index, 2);
  EXPECT_EQ(config->total_workers, 3);
  EXPECT_EQ(config->database_url, "postgres://u:p@h/db?schema=x");
  EXPECT_EQ(config->kafka.brokers, "a:9092,b:9093,[::1]:9094,c");
  EXPECT_EQ(config->kafka.topic, "out");
  EXPECT_TRUE(config->kafka.create_topic);
  EXPECT_EQ(config->repository.url, "https://r/x?y");
  EXPECT_EQ(config->repository.token, "t");
  EXPECT_EQ(config->config_dir, "/c");
  EXPECT_TRUE(config->failed_files_exit_2);
  EXPECT_EQ(config->log_level, LogLevel::kWarn);
  EXPECT_EQ(config->log_format, LogFormat::kJson);
}

TEST(Environment, TheIndexFallsBackToKubernetesAndZeroWorkersAreUnknown) {
  const auto config = LoadEnvironment(
      Of({{"WORKER_INDEX", ""}, {"JOB_COMPLETION_INDEX", "7"}, {"TOTAL_WORKERS", "0"}}));
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_EQ(config->worker_index, 7);
  EXPECT_EQ(config->total_workers, std::nullopt);
}

TEST(Environment, EverySettingIsReadFromItsVariable) {
  const auto config = LoadEnvironment(Of({{"REPROCESS_CLAIM_WAIT_MS", "31"},
                                          {"REPROCESS_HEARTBEAT_INTERVAL_MS", "30"},
                                          {"REPROCESS_COMMIT_INTERVAL_MS", "32"},
                                          {"REPROCESS_COMMIT_BYTES", "4k"},
                                          {"REPROCESS_COMMIT_LINES", "33"},
                                          {"REPROCESS_KAFKA_TIMEOUT_MS", "34"},
                                          {"REPROCESS_DATABASE_TIMEOUT_MS", "35"},
                                          {"REPROCESS_START_TIMEOUT_MS", "36"},
                                          {"REPROCESS_DRAIN_TIMEOUT_MS", "37"},
                                          {"REPROCESS_TRANSACTION_TIMEOUT_MS", "1038"},
                                          {"REPROCESS_STOP_TIMEOUT_MS", "1039"},
                                          {"REPROCESS_RETRY_WAIT_MS", "0"},
                                          {"REPROCESS_MAX_LINE_BYTES", "2M"},
                                          {"REPROCESS_MAX_ERROR_ROWS", "39"},
                                          {"REPROCESS_BATCH_BYTES", "1024"},
                                          {"REPROCESS_ZSTD_LEVEL", "3"}}));
  ASSERT_TRUE(config) << config.error().ToString();
  const Settings& s = config->settings;
  EXPECT_EQ(s.claim_wait.count(), 31);
  EXPECT_EQ(s.heartbeat_interval.count(), 30);
  EXPECT_EQ(s.commit_interval.count(), 32);
  EXPECT_EQ(s.commit_bytes, 4096u);
  EXPECT_EQ(s.commit_lines, 33u);
  EXPECT_EQ(s.kafka_timeout.count(), 34);
  EXPECT_EQ(s.database_timeout.count(), 35);
  EXPECT_EQ(s.start_timeout.count(), 36);
  EXPECT_EQ(s.drain_timeout.count(), 37);
  EXPECT_EQ(s.transaction_timeout.count(), 1038);
  EXPECT_EQ(s.stop_timeout.count(), 1039);
  EXPECT_EQ(s.retry_wait.count(), 0);
  EXPECT_EQ(s.max_line_bytes, 2u << 20);
  EXPECT_EQ(s.max_error_rows, 39u);
  EXPECT_EQ(s.batch_bytes, 1024u);
  EXPECT_EQ(s.zstd_level, 3);
}

TEST(Environment, TheProcessEndsSomeTimeAfterItsDrainAndNotInTheMiddleOfACommit) {
  const struct {
    std::map<std::string, std::string> variables;
    int milliseconds;
  } rows[] = {{{}, 25'000},
              {{{"REPROCESS_DRAIN_TIMEOUT_MS", "7000"}}, 27'000},
              {{{"REPROCESS_TRANSACTION_TIMEOUT_MS", "60000"}}, 60'000},
              {{{"REPROCESS_STOP_TIMEOUT_MS", "16000"}}, 16'000},
              {{{"REPROCESS_DRAIN_TIMEOUT_MS", "soon"}}, 25'000}};  // others tell what is wrong
  for (const auto& row : rows) EXPECT_EQ(StopTimeout(Of(row.variables)).count(), row.milliseconds);
}

TEST(Environment, EveryFlagTakesTheUsualWordsAndNoOthers) {
  for (const std::string yes : {"true", "TRUE", "yes", "Yes", "1"}) {
    EXPECT_TRUE(LoadEnvironment(Of({{"REPROCESS_CREATE_TOPIC", yes}}))->kafka.create_topic) << yes;
  }
  for (const std::string no : {"false", "False", "no", "0", ""}) {
    EXPECT_FALSE(LoadEnvironment(Of({{"REPROCESS_CREATE_TOPIC", no}}))->kafka.create_topic) << no;
  }
  for (const std::string name : {"REPROCESS_CREATE_TOPIC", "KAFKA_SSL", "KAFKA_SSL_SKIP_VERIFY"}) {
    EXPECT_THAT(ErrorOf({{name, "on"}}), HasSubstr(name + ": \"on\": expected true or false"));
  }
}

TEST(Environment, AMalformedValueIsNamedWithWhatIsExpected) {
  const struct {
    std::string name, value, message;
  } rows[] = {
      {"JOB_ID", std::string(65, 'x'), "expected at most 64 characters"},
      {"JOB_ID", "a/b", "JOB_ID: \"a/b\": expected at most 64 characters, without '/'"},
      {"JOB_ID", "a\tb", "JOB_ID: \"a\\u0009b\": expected"},
      {"JOB_ID", "..", "not \".\" or \"..\""},
      {"WORKER_INDEX", "-1", "WORKER_INDEX: \"-1\": expected a whole number from 0 to 2147483647"},
      {"WORKER_INDEX", "1x", "WORKER_INDEX: \"1x\": expected a whole number"},
      {"JOB_COMPLETION_INDEX", "x", "JOB_COMPLETION_INDEX: \"x\": expected a whole number"},
      {"TOTAL_WORKERS", "2147483648", "TOTAL_WORKERS: \"2147483648\": expected a whole number"},
      {"DATABASE_URL", "mysql://u:hunter2@h/d",
       "DATABASE_URL: \"mysql://…\": expected postgresql:"},
      {"DATABASE_URL", "POSTGRESQL://h/d",
       "DATABASE_URL: \"POSTGRESQL://…\": expected postgresql:"},
      {"DATABASE_URL", "host=h password=hunter2", "DATABASE_URL: expected postgresql://"},
      {"KAFKA_BOOTSTRAP_SERVERS", "a:b", "KAFKA_BOOTSTRAP_SERVERS: \"a:b\": expected host:port"},
      {"KAFKA_BOOTSTRAP_SERVERS", "me:hun,hunter2@a:9092", "without user and password"},
      {"KAFKA_BOOTSTRAP_SERVERS", "sasl://me:hunter2@a:9092,b", "they go into KAFKA_SASL"},
      {"KAFKA_BOOTSTRAP_SERVERS", "a:0", "\"a:0\": expected host:port"},
      {"KAFKA_BOOTSTRAP_SERVERS", "a:65536", "\"a:65536\": expected host:port"},
      {"KAFKA_BOOTSTRAP_SERVERS", "a b", "\"a b\": expected host:port"},
      {"KAFKA_BOOTSTRAP_SERVERS", ", ,", "\", ,\": expected host:port"},
      {"KAFKA_DESTINATIONS_TOPIC", "a/b", "KAFKA_DESTINATIONS_TOPIC: \"a/b\": expected a topic"},
      {"REPOSITORY_URL", "ftp://u:hunter2@h/x?t=hunter2",
       "REPOSITORY_URL: \"ftp://h/x?…\": expected an http:// or https:// URL"},
      {"REPOSITORY_AUTH_TOKEN", "hunter2\nx", "REPOSITORY_AUTH_TOKEN: expected a token"},
      {"KAFKA_SSL_CA", "hunter2.pem", "KAFKA_SSL_CA: expected PEM text"},
      {"KAFKA_SSL_CA_FILE", "/no/such/ca.pem", "\"/no/such/ca.pem\": expected a PEM file"},
      {"KAFKA_SASL", "{\"username\":\"u\",\"password\":\"hunter2\"}",
       "KAFKA_SASL: mechanism: missing: expected PLAIN"},
      {"KAFKA_SASL", "hunter2", "KAFKA_SASL: line 1: expected ':' after a key: expected a JSON or"},
      {"KAFKA_SASL", "{}", "KAFKA_SASL: an empty object: expected a JSON or Hjson object"},
      {"KAFKA_SECURITY_PROTOCOL", "tls", "KAFKA_SECURITY_PROTOCOL: \"tls\": expected PLAINTEXT"},
      {"KAFKA_PROPERTIES", "linger.ms=5\n\nsasl.password hunter2",
       "KAFKA_PROPERTIES: line 3: expected name=value"},
      {"KAFKA_PROPERTIES", "=hunter2", "KAFKA_PROPERTIES: line 1: expected name=value"},
      {"LOG_LEVEL", "loud", "LOG_LEVEL: \"loud\": expected debug, info, warn or error"},
      {"LOG_FORMAT", "xml", "LOG_FORMAT: \"xml\": expected text or json"},
      {"REPROCESS_FAILED_FILES_EXIT", "1", "REPROCESS_FAILED_FILES_EXIT: \"1\": expected 2"},
      {"REPROCESS_COMMIT_BYTES", "0", "REPROCESS_COMMIT_BYTES: \"0\": expected a number of bytes"},
      {"REPROCESS_COMMIT_BYTES", "1T",
       "REPROCESS_COMMIT_BYTES: \"1T\": expected a number of bytes"},
      {"REPROCESS_COMMIT_BYTES", "9223372036854775807k", "expected a number of bytes"},
      {"REPROCESS_MAX_LINE_BYTES", "1000000000", "from 1 to 999934464"},
      {"REPROCESS_COMMIT_INTERVAL_MS", "1s", "\"1s\": expected a whole number of milliseconds"},
      {"REPROCESS_ZSTD_LEVEL", "13",
       "REPROCESS_ZSTD_LEVEL: \"13\": expected a whole number from 1"},
      {"REPROCESS_TRANSACTION_TIMEOUT_MS", "1000",
       "REPROCESS_TRANSACTION_TIMEOUT_MS: 1000: expected more than REPROCESS_COMMIT_INTERVAL_MS "
       "(1000)"},
      {"REPROCESS_COMMIT_INTERVAL_MS", "15000", "expected more than REPROCESS_COMMIT_INTERVAL_MS"},
      {"REPROCESS_STOP_TIMEOUT_MS", "15000", "expected more than REPROCESS_TRANSACTION_TIMEOUT_MS"},
      {"REPROCESS_CLAIM_WAIT_MS", "2000",
       "expected more than REPROCESS_HEARTBEAT_INTERVAL_MS (2000)"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name + "=" + row.value);
    const std::string error = ErrorOf({{row.name, row.value}});
    EXPECT_THAT(error, HasSubstr("check configuration: 1 problem\n  "));
    EXPECT_THAT(error, HasSubstr(row.name));
    EXPECT_THAT(error, HasSubstr(row.message));
    EXPECT_THAT(error, Not(HasSubstr("hunter2")));
  }
}

TEST(Environment, AllThatIsWrongComesInOneError) {
  const std::string error =
      ErrorOf({{"WORKER_INDEX", "x"}, {"LOG_LEVEL", "y"}, {"KAFKA_PROPERTIES", "acks=0\nz"}});
  EXPECT_THAT(error, HasSubstr("check configuration: 4 problems\n"));
  for (const auto* name : {"\n  WORKER_INDEX", "\n  LOG_LEVEL", "line 1: acks", "line 2: "}) {
    EXPECT_THAT(error, HasSubstr(name));
  }
}

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
constexpr const char* kSasl = "{mechanism: scram-sha-512\n username: u\n password: p\n}";

TEST(KafkaSecurity, BecomesLibrdkafkaProperties) {
  const Properties scram = {
      {"sasl.mechanism", "SCRAM-SHA-512"}, {"sasl.username", "u"}, {"sasl.password", "p"}};
  const auto joined = [](Properties a, const Properties& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  const struct {
    std::string name;
    Vars variables;
    Properties properties;
    std::string warning;
  } rows[] = {
      {"plain", {{"KAFKA_SSL", "false"}}, {}, ""},
      {"ssl",
       {{"KAFKA_SSL", "true"}},
       {{"security.protocol", "ssl"}, {"ssl.endpoint.identification.algorithm", "https"}},
       ""},
      {"ssl with a CA",
       {{"KAFKA_SSL", "1"}, {"KAFKA_SSL_CA", kPem}, {"KAFKA_SSL_CA_FILE", "/dev/null"}},
       {{"security.protocol", "ssl"},
        {"ssl.ca.pem", kPem},
        {"ssl.ca.location", "/dev/null"},
        {"ssl.endpoint.identification.algorithm", "https"}},
       ""},
      {"ssl without verification",
       {{"KAFKA_SSL", "yes"}, {"KAFKA_SSL_SKIP_VERIFY", "true"}},
       {{"security.protocol", "ssl"},
        {"enable.ssl.certificate.verification", "false"},
        {"ssl.endpoint.identification.algorithm", "none"}},
       ""},
      {"sasl alone",
       {{"KAFKA_SASL", kSasl}},
       joined({{"security.protocol", "sasl_plaintext"}}, scram),
       "not encrypted"},
      {"sasl with ssl",
       {{"KAFKA_SASL", kSasl}, {"KAFKA_SSL", "true"}},
       joined(
           {{"security.protocol", "sasl_ssl"}, {"ssl.endpoint.identification.algorithm", "https"}},
           scram),
       ""},
      {"the protocol wins over ssl",
       {{"KAFKA_SASL", kSasl},
        {"KAFKA_SSL", "true"},
        {"KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"}},
       joined({{"security.protocol", "sasl_plaintext"}}, scram),
       "wins over KAFKA_SSL"},
      {"the protocol wins over sasl",
       {{"KAFKA_SASL", kSasl}, {"KAFKA_SECURITY_PROTOCOL", "ssl"}},
       {{"security.protocol", "ssl"}, {"ssl.endpoint.identification.algorithm", "https"}},
       "wins over KAFKA_SASL"},
      {"sasl meant in the open",
       {{"KAFKA_SASL", kSasl}, {"KAFKA_SECURITY_PROTOCOL", "sasl_plaintext"}},
       joined({{"security.protocol", "sasl_plaintext"}}, scram),
       ""},
      {"other members",
       {{"KAFKA_SASL", "{\"mechanism\":\"GSSAPI\",\"kerberos.service.name\":\"k\"}"},
        {"KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"}},
       {{"security.protocol", "sasl_plaintext"},
        {"sasl.kerberos.service.name", "k"},
        {"sasl.mechanism", "GSSAPI"}},
       ""},
      {"a CA without ssl", {{"KAFKA_SSL_CA", kPem}}, {}, "KAFKA_SSL_CA has no effect"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto config = LoadEnvironment(Of(row.variables));
    ASSERT_TRUE(config) << config.error().ToString();
    EXPECT_EQ(config->kafka.properties, row.properties);
    if (row.warning.empty()) {
      EXPECT_THAT(config->warnings, IsEmpty());
    } else {
      EXPECT_THAT(config->warnings, ElementsAre(HasSubstr(row.warning)));
    }
  }
}

TEST(KafkaProperties, FollowTheSecurityAndKeepTheirOrder) {
  const auto config = LoadEnvironment(
      Of({{"KAFKA_SSL", "true"},
          {"KAFKA_PROPERTIES",
           "# comment\n\r\n linger.ms = 5 \r\nsasl.password=a=b\nclient.rack=\n"}}));
  ASSERT_TRUE(config) << config.error().ToString();
  EXPECT_THAT(
      config->kafka.properties,
      ElementsAre(Pair("security.protocol", "ssl"),
                  Pair("ssl.endpoint.identification.algorithm", "https"), Pair("linger.ms", "5"),
                  Pair("sasl.password", "a=b"), Pair("client.rack", "")));
}

TEST(KafkaProperties, ThatTheProtocolRestsOnAreRefusedByName) {
  for (const std::string name :
       {"transactional.id", "transaction.timeout.ms", "enable.idempotence", "acks",
        "request.required.acks", "topic.acks", "topic.request.required.acks", "group.id",
        "group.instance.id", "message.timeout.ms", "delivery.timeout.ms",
        "delivery.report.only.error", "isolation.level", "bootstrap.servers",
        "metadata.broker.list", "test.mock.num.brokers"}) {
    EXPECT_THAT(ErrorOf({{"KAFKA_PROPERTIES", name + " = 1"}}),
                HasSubstr("KAFKA_PROPERTIES: line 1: " + name + ": cannot be set: "));
  }
}

}  // namespace
}  // namespace reprocess
