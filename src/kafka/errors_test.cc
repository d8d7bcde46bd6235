#include "kafka/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess::kafka {
namespace {

using testing::HasSubstr;

const Names kNames{.brokers = "b:9092", .topic = "events", .id = "reprocess-job-3"};

struct Row {
  rd_kafka_resp_err_t code;
  Remedy at_start, running;  // where the caller would otherwise rewind
  Code kind;
  const char* hint;
};

const Row kRows[] = {
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Remedy::kStop,
     Remedy::kAbortAndRewind, Code::kNotAuthorized,
     "Write and Describe on TransactionalId reprocess-job-3"},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Remedy::kStop, Remedy::kAbortAndRewind,
     Code::kNotAuthorized, "Read on Group reprocess-job-3"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Remedy::kStop, Remedy::kAbortAndRewind,
     Code::kNotAuthorized, "Write, Read and Describe on Topic events"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Remedy::kStop, Remedy::kAbortAndRewind,
     Code::kNotAuthorized, "IdempotentWrite on Cluster"},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, Remedy::kStop, Remedy::kAbortAndRewind,
     Code::kUnsupported, ""},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, Remedy::kStop, Remedy::kAbortAndRewind,
     Code::kUnsupported, ""},
    {RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, Remedy::kStop, Remedy::kStop, Code::kOther,
     "REPROCESS_TRANSACTION_TIMEOUT_MS"},
    {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, Remedy::kStop, Remedy::kStop, Code::kOther,
     "offset.metadata.max.bytes"},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Remedy::kIsolate, Remedy::kIsolate, Code::kTooLarge, ""},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, Remedy::kIsolate, Remedy::kIsolate, Code::kOther, ""},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, Remedy::kIsolate, Remedy::kIsolate, Code::kOther, ""},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, Remedy::kIsolate, Remedy::kIsolate, Code::kOther, ""},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, Remedy::kAbortAndRewind, Remedy::kAbortAndRewind,
     Code::kTimedOut, ""},
    {RD_KAFKA_RESP_ERR__FENCED, Remedy::kAbortAndRewind, Remedy::kAbortAndRewind, Code::kOther, ""},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Remedy::kAbortAndRewind, Remedy::kAbortAndRewind,
     Code::kOther, ""},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Remedy::kAbortAndRewind, Remedy::kAbortAndRewind,
     Code::kOther, ""},
};

TEST(KafkaErrors, EachCodeHasItsRemedy) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(rd_kafka_err2name(row.code));
    for (const Phase phase : {Phase::kStart, Phase::kRunning}) {
      const Error error =
          ErrorOf("commit", FailureOf(row.code), kNames, phase, Remedy::kAbortAndRewind);
      EXPECT_EQ(error.remedy, phase == Phase::kStart ? row.at_start : row.running);
      EXPECT_EQ(error.code, row.kind);
      EXPECT_THAT(error.hint, HasSubstr(row.hint));
    }
  }
}

TEST(KafkaErrors, WhatIsNoKnownKindKeepsTheCallersRemedy) {
  for (const Remedy otherwise : {Remedy::kWait, Remedy::kRetry, Remedy::kAbortAndRewind}) {
    const Error error =
        ErrorOf("open", FailureOf(RD_KAFKA_RESP_ERR__TRANSPORT), kNames, Phase::kStart, otherwise);
    EXPECT_EQ(error.remedy, otherwise);
  }
}

TEST(KafkaErrors, TheTextNamesTheActionTheCauseAndThePlace) {
  const Error error = ErrorOf("commit", {RD_KAFKA_RESP_ERR__FENCED, "fenced by another", false},
                              kNames, Phase::kRunning, Remedy::kAbortAndRewind);
  EXPECT_EQ(error.what, "commit: fenced by another");
  EXPECT_EQ(error.where, "events at b:9092");
}

TEST(KafkaErrors, SuccessIsNoFailure) {
  EXPECT_EQ(Take(nullptr), std::nullopt);
}

TEST(ConnectionHint, NamesTheSettingToChange) {
  const struct {
    std::string_view text, hint;
  } rows[] = {
      {"SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker "
       "certificate could not be verified",
       "KAFKA_SSL_CA_FILE"},
      {"Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert "
       "number 42",
       "ssl.certificate.location"},
      {"Receive failed: SSL routines::tlsv13 alert certificate required: SSL alert number 116",
       "ssl.certificate.location"},
      {"SASL authentication error: Authentication failed: Invalid username or password",
       "KAFKA_SASL"},
      {"Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol "
       "configuration (connecting to a SSL listener?)",
       "KAFKA_SSL=true"},
      {"Connect to ipv4#127.0.0.1:1 failed: Connection refused", "KAFKA_BOOTSTRAP_SERVERS"},
  };
  for (const auto& row : rows) {
    EXPECT_THAT(ConnectionHint(row.text), testing::HasSubstr(row.hint)) << row.text;
  }
}

}  // namespace
}  // namespace reprocess::kafka
