#include <algorithm>
#include <array>
#include <fstream>

#include <fmt/format.h>

#include "base/trimmed.h"
#include "config/hjson.h"
#include "config/load.h"
#include "config/value_text.h"

namespace reprocess {
namespace {

using Properties = std::vector<std::pair<std::string, std::string>>;

struct RefusedProperty {
  std::string_view name, why;
};

constexpr std::string_view kIdentity =
    "a shard's identity is made from job and worker index, so that a successor fences it";
constexpr std::string_view kNoLoss = "exactly once rests on it";
constexpr std::string_view kOwnVariable = "set KAFKA_BOOTSTRAP_SERVERS instead";
constexpr std::string_view kNoTimeout =
    "a message lives as long as its transaction; set REPROCESS_TRANSACTION_TIMEOUT_MS or "
    "REPROCESS_KAFKA_TIMEOUT_MS instead";

// What the protocol of docs/exactly-once.md rests on, with librdkafka's aliases.
constexpr auto kRefused = std::to_array<RefusedProperty>({
    {"transactional.id", kIdentity},
    {"group.id", kIdentity},
    {"group.instance.id", kIdentity},
    {"transaction.timeout.ms", "set REPROCESS_TRANSACTION_TIMEOUT_MS instead"},
    {"enable.idempotence", kNoLoss},
    {"acks", kNoLoss},
    {"request.required.acks", kNoLoss},
    {"message.timeout.ms", kNoTimeout},
    {"delivery.timeout.ms", kNoTimeout},
    {"delivery.report.only.error", "a success is counted by its delivery report"},
    {"isolation.level", "only committed records may be read back"},
    {"bootstrap.servers", kOwnVariable},
    {"metadata.broker.list", kOwnVariable},
    {"test.mock.num.brokers", "it replaces the brokers by imagined ones"},
});

bool IsHostAndPort(std::string_view broker) {
  if (const auto scheme = broker.find("://"); scheme != std::string_view::npos) {
    broker.remove_prefix(scheme + 3);
  }
  if (broker.empty() || broker.find_first_of(" \t/@") != std::string_view::npos) return false;
  const auto colon = broker.rfind(':');
  const auto bracket = broker.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return true;
  }
  const auto port = ParseWhole(broker.substr(colon + 1));
  return colon > 0 && port && *port >= 1 && *port <= 65535;
}

// KAFKA_SASL's members as sasl.<name>.
Properties ReadSasl(const Variables& variables) {
  const auto text = variables.Text("KAFKA_SASL");
  if (!text) return {};
  constexpr std::string_view kExpected =
      "expected a JSON or Hjson object {\"mechanism\", \"username\", \"password\"}";
  const auto object = ParseFlatObject(*text);
  if (!object || object->empty()) {
    variables.problems().Add("KAFKA_SASL", {}, object ? "an empty object" : object.error().what,
                             kExpected);
    return {};
  }
  Properties properties;
  bool mechanism = false, username = false;
  for (const auto& [name, value] : *object) {
    const bool names_mechanism = name == "mechanism" || name == "mechanisms";
    mechanism |= names_mechanism;
    username |= name == "username";
    properties.emplace_back("sasl." + name, names_mechanism ? UpperCase(value) : value);
  }
  if (username && !mechanism) {
    variables.problems().Add(
        "KAFKA_SASL", "mechanism", {},
        "missing: expected PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or another one of the broker's");
  }
  return properties;
}

// "plaintext", "ssl", "sasl_plaintext" or "sasl_ssl".
std::string ReadProtocol(const Variables& variables, bool ssl, bool sasl,
                         std::vector<std::string>& warnings) {
  if (const auto text = variables.Text("KAFKA_SECURITY_PROTOCOL")) {
    const std::string protocol = LowerCase(*text);
    if (protocol != "plaintext" && protocol != "ssl" && protocol != "sasl_plaintext" &&
        protocol != "sasl_ssl") {
      variables.problems().Add("KAFKA_SECURITY_PROTOCOL", {}, Quoted(*text),
                               "expected PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
    } else {
      if (ssl && !protocol.ends_with("ssl")) {
        warnings.push_back("KAFKA_SECURITY_PROTOCOL wins over KAFKA_SSL: no encryption");
      }
      if (sasl && !protocol.starts_with("sasl")) {
        warnings.push_back("KAFKA_SECURITY_PROTOCOL wins over KAFKA_SASL: no authentication");
      }
    }
    return protocol;
  }
  if (sasl && !ssl) {
    warnings.push_back(
        "KAFKA_SASL without KAFKA_SSL: the connection is SASL_PLAINTEXT, not encrypted; set "
        "KAFKA_SSL=true, or KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT if that is meant");
  }
  if (sasl) return ssl ? "sasl_ssl" : "sasl_plaintext";
  return ssl ? "ssl" : "plaintext";
}

Properties ReadSsl(const Variables& variables) {
  Properties properties;
  if (const auto pem = variables.Text("KAFKA_SSL_CA")) {
    if (pem->find("-----BEGIN") == std::string::npos) {
      variables.problems().Add("KAFKA_SSL_CA", {}, {},
                               "expected PEM text that begins with -----BEGIN CERTIFICATE----- "
                               "(the name of a file goes into KAFKA_SSL_CA_FILE)");
    }
    properties.emplace_back("ssl.ca.pem", *pem + "\n");
  }
  if (const auto file = variables.Text("KAFKA_SSL_CA_FILE")) {
    if (!std::ifstream(*file).good()) {
      variables.problems().Add("KAFKA_SSL_CA_FILE", {}, Quoted(*file),
                               "expected a PEM file that can be read");
    }
    properties.emplace_back("ssl.ca.location", *file);
  }
  bool skip_verify = false;
  variables.Flag("KAFKA_SSL_SKIP_VERIFY", skip_verify);
  if (skip_verify) properties.emplace_back("enable.ssl.certificate.verification", "false");
  properties.emplace_back("ssl.endpoint.identification.algorithm", skip_verify ? "none" : "https");
  return properties;
}

// One line of KAFKA_PROPERTIES. The value is never shown: it may be a secret.
void ReadProperty(std::string_view line, int number, Properties& properties, Problems& problems) {
  const auto equals = line.find('=');
  const std::string name(Trimmed(line.substr(0, equals)));
  const std::string place = fmt::format("line {}", number);
  if (equals == std::string_view::npos || name.empty()) {
    problems.Add("KAFKA_PROPERTIES", place, {}, "expected name=value");
    return;
  }
  // librdkafka also takes the topic-level ones with this prefix.
  constexpr std::string_view kTopicPrefix = "topic.";
  std::string_view bare = name;
  if (bare.starts_with(kTopicPrefix)) bare.remove_prefix(kTopicPrefix.size());
  const auto* refused = std::ranges::find(kRefused, bare, &RefusedProperty::name);
  if (refused != kRefused.end()) {
    problems.Add("KAFKA_PROPERTIES", place, name, fmt::format("cannot be set: {}", refused->why));
    return;
  }
  properties.emplace_back(name, std::string(Trimmed(line.substr(equals + 1))));
}

}  // namespace

void ReadBrokers(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  const auto text = variables.Text(row.name);
  if (!text) return;
  constexpr std::string_view kExpected = "expected host:port, several separated by commas";
  if (text->contains('@')) {  // what comes before it may be a password, with commas in it
    variables.problems().Add(
        row.name, {}, {}, "expected host:port, without user and password: they go into KAFKA_SASL");
    return;
  }
  std::string& brokers = config.kafka.brokers;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const std::string_view broker = Trimmed(entry);
    if (broker.empty()) continue;
    if (!IsHostAndPort(broker)) {
      variables.problems().Add(row.name, {}, Quoted(broker), kExpected);
      continue;
    }
    if (!brokers.empty()) brokers += ',';
    brokers += broker;
  }
  if (text->find_first_not_of(", ") == std::string::npos) {
    variables.problems().Add(row.name, {}, Quoted(*text), kExpected);
  }
}

void ReadTopic(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  constexpr std::string_view kTopicCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  constexpr std::size_t kMaxTopic = 249;
  std::string& topic = config.kafka.topic;
  topic = variables.Text(row.name).value_or(std::string(kDefaultTopic));
  if (topic.size() > kMaxTopic || topic == "." || topic == ".." ||
      topic.find_first_not_of(kTopicCharacters) != std::string::npos) {
    variables.problems().Add(
        row.name, {}, Quoted(topic),
        "expected a topic name: at most 249 letters, digits, dots, hyphens and underscores");
  }
}

void ReadKafkaSecurity(const Variables& variables, const Setting& row, EnvironmentConfig& config) {
  bool ssl = false;
  variables.Flag(row.name, ssl);
  const Properties sasl = ReadSasl(variables);
  const bool has_sasl = variables.Text("KAFKA_SASL").has_value();
  const std::string protocol = ReadProtocol(variables, ssl, has_sasl, config.warnings);
  const Properties ssl_properties = ReadSsl(variables);
  Properties& properties = config.kafka.properties;
  if (protocol != "plaintext") properties.emplace_back("security.protocol", protocol);
  if (protocol.ends_with("ssl")) {
    properties.insert(properties.end(), ssl_properties.begin(), ssl_properties.end());
  } else {
    for (const auto* name : {"KAFKA_SSL_CA", "KAFKA_SSL_CA_FILE"}) {
      if (variables.Text(name)) {
        config.warnings.push_back(fmt::format("{} has no effect without KAFKA_SSL=true", name));
      }
    }
  }
  if (protocol.starts_with("sasl")) {
    properties.insert(properties.end(), sasl.begin(), sasl.end());
  }
}

void ReadKafkaProperties(const Variables& variables, const Setting& row,
                         EnvironmentConfig& config) {
  const std::string text = variables.Text(row.name).value_or("");
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    const std::string_view content = Trimmed(line);
    if (content.empty() || content.starts_with('#')) continue;
    ReadProperty(content, number, config.kafka.properties, variables.problems());
  }
}

}  // namespace reprocess
