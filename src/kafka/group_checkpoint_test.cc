// Answers of a broker that a real one gives too rarely: librdkafka's mock cluster, in this process.
#include "kafka/group_checkpoint.h"

#include <vector>

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include "kafka/client.h"

namespace reprocess::kafka {
namespace {

constexpr std::int16_t kOffsetFetch = 9;  // the protocol's key

// One cluster for all tests: ending one takes librdkafka a second.
class MockedGroup : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    host_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    cluster_ = rd_kafka_mock_cluster_new(host_, 1);
    rd_kafka_mock_topic_create(cluster_, "t", 1, 1);
  }
  static void TearDownTestSuite() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }

  static Result<std::optional<std::string>> ReadIt() {
    const KafkaSettings kafka{
        .brokers = rd_kafka_mock_cluster_bootstraps(cluster_), .topic = "t", .properties = {}};
    return ReadGroupCheckpoint(kafka, NamesOf(kafka, "reprocess-job-0"), Read::kStable,
                               Phase::kStart);
  }

  static inline rd_kafka_t* host_ = nullptr;  // no client of the cluster
  static inline rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

TEST_F(MockedGroup, AGroupThatWasNeverCommittedHasNoCheckpoint) {
  const auto read = ReadIt();
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(*read, std::nullopt);
}

TEST_F(MockedGroup, ACoordinatorThatMovedIsWaitedForAndCrashesNothing) {
  for (const rd_kafka_resp_err_t code :
       {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS}) {
    SCOPED_TRACE(rd_kafka_err2name(code));
    rd_kafka_mock_push_request_errors(cluster_, kOffsetFetch, 1, code);
    const auto read = ReadIt();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().remedy, Remedy::kWait) << read.error().ToString();
    EXPECT_TRUE(ReadIt()) << "the next answer counts";
  }
}

// Librdkafka asks some times by itself first.
TEST_F(MockedGroup, WhatAnOpenTransactionHoldsBackIsToBeAskedForAgain) {
  const std::vector<rd_kafka_resp_err_t> errors(10, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT);
  rd_kafka_mock_push_request_errors_array(cluster_, kOffsetFetch, errors.size(), errors.data());
  const auto read = ReadIt();
  rd_kafka_mock_clear_request_errors(cluster_, kOffsetFetch);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().remedy, Remedy::kRetry) << read.error().ToString();
}

TEST_F(MockedGroup, AMissingRightIsNamed) {
  rd_kafka_mock_push_request_errors(cluster_, kOffsetFetch, 1,
                                    RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  const auto read = ReadIt();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().remedy, Remedy::kStop);
  EXPECT_EQ(read.error().code, Code::kNotAuthorized);
  EXPECT_EQ(read.error().hint, "grant Read on Group reprocess-job-0");
}

}  // namespace
}  // namespace reprocess::kafka
