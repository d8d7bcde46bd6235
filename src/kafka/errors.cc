#include "kafka/errors.h"

#include <fmt/format.h>

namespace reprocess::kafka {
namespace {

// Before, the client's nonce is sent twice, which Kafka 3 lets pass (librdkafka #4895).
constexpr int kStrictScramVersion = 0x020601ff;

std::string MissingRight(rd_kafka_resp_err_t code, const Names& names) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return fmt::format("grant Write and Describe on TransactionalId {}", names.id);
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return fmt::format("grant Read on Group {}", names.id);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return fmt::format("grant Write, Read and Describe on Topic {}", names.topic);
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return "grant IdempotentWrite on Cluster (brokers before 2.8 ask for it)";
    default:
      return {};
  }
}

bool IsUnsupported(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION ||
         code == RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT;
}

// What no waiting cures, whenever it comes.
std::string SettingToChange(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
      return "set REPROCESS_TRANSACTION_TIMEOUT_MS to the broker's transaction.max.timeout.ms or "
             "less";
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
      return "raise the broker's offset.metadata.max.bytes to its default, 4096";
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return "set KAFKA_DESTINATIONS_TOPIC to a valid topic name";
    default:
      return {};
  }
}

}  // namespace

std::optional<Failure> Take(rd_kafka_error_t* error) {
  if (error == nullptr) return std::nullopt;
  Failure failure{rd_kafka_error_code(error), rd_kafka_error_string(error),
                  rd_kafka_error_is_retriable(error) != 0};
  rd_kafka_error_destroy(error);
  return failure;
}

Failure FailureOf(rd_kafka_resp_err_t code) {
  return {code, rd_kafka_err2str(code), false};
}

bool BlamesRecord(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         code == RD_KAFKA_RESP_ERR_INVALID_MSG || code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

bool IsTimeout(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

std::string ConnectionHint(std::string_view text) {
  const auto says = [&](std::string_view words) { return text.find(words) != text.npos; };
  // librdkafka says the same of an unknown CA and of another host's certificate.
  if (says("certificate verify failed")) {
    return "set KAFKA_SSL_CA_FILE or KAFKA_SSL_CA to the CA that signed the broker's certificate, "
           "and KAFKA_BOOTSTRAP_SERVERS to a host that the certificate names";
  }
  if (says("alert bad certificate") || says("certificate required")) {
    return "the broker asks for a certificate that it trusts: set ssl.certificate.location and "
           "ssl.key.location in KAFKA_PROPERTIES";
  }
  if (says("Authentication failed")) {
    std::string hint = "check mechanism, username and password of KAFKA_SASL";
    if (says("SCRAM") && rd_kafka_version() < kStrictScramVersion) {
      hint += fmt::format("; Kafka 4 takes SCRAM from librdkafka 2.6.1 on, and this is {}",
                          rd_kafka_version_str());
    }
    return hint;
  }
  if (says("connecting to a SSL listener")) return "set KAFKA_SSL=true if the broker speaks TLS";
  return "check that KAFKA_BOOTSTRAP_SERVERS can be reached from here, and KAFKA_SSL and "
         "KAFKA_SASL";
}

Error ErrorOf(std::string_view verb, const Failure& failure, const Names& names, Phase phase,
              Remedy otherwise) {
  Error error{.remedy = otherwise,
              .what = fmt::format("{}: {}", verb, failure.text),
              .where = fmt::format("{} at {}", names.topic, names.brokers)};
  if (BlamesRecord(failure.code)) {
    error.remedy = Remedy::kIsolate;
    if (failure.code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) error.code = Code::kTooLarge;
  } else if (error.hint = MissingRight(failure.code, names); !error.hint.empty()) {
    error.code = Code::kNotAuthorized;
    if (phase == Phase::kStart) error.remedy = Remedy::kStop;
  } else if (IsUnsupported(failure.code)) {
    error.code = Code::kUnsupported;
    if (phase == Phase::kStart) error.remedy = Remedy::kStop;
  } else if (error.hint = SettingToChange(failure.code); !error.hint.empty()) {
    error.remedy = Remedy::kStop;
  } else if (IsTimeout(failure.code)) {
    error.code = Code::kTimedOut;
  }
  return error;
}

}  // namespace reprocess::kafka
