// A broker that goes away under an open transaction, and comes back.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/sinks/broker.h"
#include "kafka/kafka_sink.h"

namespace reprocess::test {
namespace {

using testing::UnorderedElementsAre;

void KafkaSh(const std::string& arguments) {
  const std::string command = REPROCESS_KAFKA_SH " " + arguments;
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}
std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set");
  return value;
}

class KafkaOutage : public testing::TestWithParam<const char*> {
 protected:
  void TakeAway() { KafkaSh(GetParam() + (" " + directory_)); }
  void BringBack() { KafkaSh("start " + directory_ + " " + port_); }

  // Until the brokers answer, as replay/ does.
  static Result<void> OpenWhenBack(Sink& sink) {
    for (int i = 0;; ++i) {
      auto opened = sink.Open({});
      if (opened || opened.error().remedy != Remedy::kWait || i == 6) return opened;
    }
  }
  std::vector<std::string> Values() const {
    std::vector<std::string> values;
    for (Placed& placed : Consume(topic_)) values.push_back(std::move(placed.record.value));
    return values;
  }

  const std::string directory_ = Variable("TEST_KAFKA_DIR"), port_ = Variable("TEST_KAFKA_PORT");
  const std::string topic_ = FreshName("outage");
};

TEST_P(KafkaOutage, ACommitIsMadeOnceWhateverItsAnswers) {
  CreateTopic(topic_, 2);
  const auto sink = *MakeKafkaSink(SettingsOf(topic_), {}, {topic_, 0}, Mode::kExactlyOnce);
  const Batch first = BatchOf({{"1"}}), second = BatchOf({{"2"}}, 100);
  ASSERT_TRUE(sink->Open({}));
  ASSERT_TRUE(ReadPatiently(*sink));
  ASSERT_TRUE(sink->Begin());
  ASSERT_TRUE(sink->Produce(first, 0, 1));
  ASSERT_TRUE(sink->Commit("one", Milliseconds{20'000}));
  ASSERT_TRUE(sink->Begin());
  ASSERT_TRUE(sink->Produce(second, 0, 1));

  TakeAway();
  Result<void> committed = sink->Commit("two", Milliseconds{700});
  EXPECT_FALSE(committed);
  EXPECT_NE(committed.error().remedy, Remedy::kStop) << committed.error().ToString();
  BringBack();

  for (int i = 0; i < 100 && !committed && committed.error().remedy == Remedy::kRetry; ++i) {
    committed = sink->Commit("two", Milliseconds{500});
  }
  if (!committed) {
    EXPECT_EQ(committed.error().remedy, Remedy::kAbortAndRewind) << committed.error().ToString();
    const auto opened = OpenWhenBack(*sink);
    ASSERT_TRUE(opened) << opened.error().ToString();
    const auto checkpoint = ReadPatiently(*sink);
    ASSERT_TRUE(checkpoint) << checkpoint.error().ToString();
    if (*checkpoint == "one") {
      ASSERT_TRUE(sink->Begin());
      ASSERT_TRUE(sink->Produce(second, 0, 1));
      committed = sink->Commit("two", Milliseconds{20'000});
      ASSERT_TRUE(committed) << committed.error().ToString();
    }
  }
  EXPECT_EQ(**ReadPatiently(*sink), "two");
  EXPECT_THAT(Values(), UnorderedElementsAre("1", "2"));
}

INSTANTIATE_TEST_SUITE_P(Broker, KafkaOutage, testing::Values("stop", "kill"),
                         [](const auto& how) { return std::string(how.param); });

}  // namespace
}  // namespace reprocess::test
