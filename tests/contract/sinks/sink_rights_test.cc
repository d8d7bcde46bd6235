// A broker that asks for rights: each one that is missing is named, and none is guessed.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/sinks/broker.h"
#include "kafka/kafka_sink.h"

namespace reprocess::test {
namespace {

using testing::HasSubstr;

constexpr Milliseconds kLong{20'000};

// Rights of the user "replay" go by prefix.
class Rights : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    (void)Brokers();
    Grant(
        "--operation Write --operation Describe"
        " --transactional-id reprocess-both --transactional-id reprocess-txn");
    Grant("--operation Read --group reprocess-both");
    Grant("--operation Write --operation Read --topic full");
    Grant("--operation Write --topic noread");
    Grant("--operation Read --topic nowrite");
  }

  static void Grant(const std::string& what) {
    const char* port = std::getenv("TEST_KAFKA_ADMIN_PORT");
    if (port == nullptr) throw std::runtime_error("run this through with_kafka.sh --acl");
    const std::string command = std::string(REPROCESS_KAFKA_SH " acl ") + port +
                                " --add --allow-principal User:replay"
                                " --resource-pattern-type prefixed " +
                                what;
    if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
  }

  void Use(const std::string& topic_prefix, const std::string& job_prefix) {
    kafka_ = SettingsOf(FreshName(topic_prefix));
    kafka_.properties = {{"security.protocol", "SASL_PLAINTEXT"},
                         {"sasl.mechanism", "PLAIN"},
                         {"sasl.username", "replay"},
                         {"sasl.password", "replay-secret"}};
    CreateTopic(kafka_.topic, 2);
    job_ = FreshName(job_prefix);
  }
  std::unique_ptr<Sink> Make(Mode transactions = Mode::kExactlyOnce) {
    return *MakeKafkaSink(kafka_, {}, {job_, 0}, transactions);
  }
  std::unique_ptr<Sink> Opened() {
    auto sink = Make();
    const auto opened = sink->Open({});
    EXPECT_TRUE(opened) << opened.error().ToString();
    return sink;
  }
  static Result<void> Deliver(Sink& sink, const std::vector<Message>& messages) {
    const Batch batch = BatchOf(messages);
    TRY_OK(sink.Begin());
    TRY_OK(sink.Produce(batch, 0, batch.lines.size()));
    return sink.Commit("checkpoint", kLong);
  }
  static void ExpectMissing(const Error& error, Remedy remedy, const std::string& right) {
    EXPECT_EQ(error.code, Code::kNotAuthorized) << error.ToString();
    EXPECT_EQ(error.remedy, remedy) << error.ToString();
    EXPECT_THAT(error.hint, HasSubstr(right));
  }

  KafkaSettings kafka_;
  std::string job_;
};

TEST_F(Rights, WithAllOfThemRecordsAreDelivered) {
  Use("full", "both");
  EXPECT_TRUE(CheckTopic(kafka_, {}, {}));
  const auto sink = Opened();
  EXPECT_EQ(*sink->ReadCheckpoint(Read::kStable), std::nullopt);
  const auto claimed = Deliver(*sink, {}), delivered = Deliver(*sink, {{"a"}});
  ASSERT_TRUE(claimed) << claimed.error().ToString();
  ASSERT_TRUE(delivered) << delivered.error().ToString();
  EXPECT_EQ(**sink->ReadCheckpoint(Read::kAsIs), "checkpoint");
  EXPECT_TRUE(sink->EndOffsets());
}

TEST_F(Rights, TheTransactionalIdIsMissedOnOpen) {
  Use("full", "neither");
  const auto sink = Make();
  const auto opened = sink->Open({});
  ASSERT_FALSE(opened);
  ExpectMissing(opened.error(), Remedy::kStop,
                "Write and Describe on TransactionalId reprocess-" + job_ + "-0");
}

TEST_F(Rights, TheGroupIsMissedWhenTheCheckpointIsRead) {
  Use("full", "txn");
  const auto sink = Opened();
  const auto read = sink->ReadCheckpoint(Read::kStable);
  ASSERT_FALSE(read);
  ExpectMissing(read.error(), Remedy::kStop, "Read on Group reprocess-" + job_ + "-0");
}

TEST_F(Rights, TheGroupIsMissedWhenTheCheckpointIsCommitted) {
  Use("full", "txn");
  const auto sink = Opened();
  const auto claimed = Deliver(*sink, {});
  ASSERT_FALSE(claimed);
  ExpectMissing(claimed.error(), Remedy::kStop, "Read on Group reprocess-" + job_ + "-0");
}

TEST_F(Rights, TheTopicIsMissedByTheCheckBeforeTheFirstLine) {
  Use("none", "both");
  const auto checked = CheckTopic(kafka_, {}, {});
  ASSERT_FALSE(checked);
  ExpectMissing(checked.error(), Remedy::kStop, "Topic " + kafka_.topic);
}

TEST_F(Rights, ReadingTheTopicIsMissedByTheClaim) {
  Use("noread", "both");
  const auto sink = Opened();
  const auto claimed = Deliver(*sink, {});
  ASSERT_FALSE(claimed);
  ExpectMissing(claimed.error(), Remedy::kStop, "Read and Describe on Topic " + kafka_.topic);
}

TEST_F(Rights, WritingTheTopicIsMissedByTheFirstRecordsWhichAreTriedAgain) {
  Use("nowrite", "both");
  const auto sink = Opened();
  const auto claimed = Deliver(*sink, {});
  ASSERT_TRUE(claimed) << claimed.error().ToString();
  const auto delivered = Deliver(*sink, {{"a"}});
  ASSERT_FALSE(delivered);
  ExpectMissing(delivered.error(), Remedy::kAbortAndRewind, "Write, Read and Describe on Topic");
}

TEST_F(Rights, WithoutTransactionsWritingTheTopicIsEnough) {
  Use("noread", "neither");
  EXPECT_TRUE(CheckTopic(kafka_, {}, {}));
  const auto sink = Make(Mode::kAtLeastOnce);
  ASSERT_TRUE(sink->Open({}));
  const auto delivered = Deliver(*sink, {{"a"}});
  EXPECT_TRUE(delivered) << delivered.error().ToString();
}

TEST_F(Rights, AWrongPasswordIsSaidWhenTheWaitIsOver) {
  Use("full", "both");
  kafka_.properties.back().second = "wr0ng";
  Settings settings;
  settings.start_timeout = Milliseconds{1'500};
  const auto checked = CheckTopic(kafka_, settings, {});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().remedy, Remedy::kStop);
  EXPECT_THAT(checked.error().what, HasSubstr("Authentication failed"));
  EXPECT_THAT(checked.error().ToString(), testing::Not(HasSubstr("wr0ng")));
}

}  // namespace
}  // namespace reprocess::test
