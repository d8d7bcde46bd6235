#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kafka/producer.h"

namespace reprocess::kafka {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ValueOf(const Conf& conf, const char* name) {
  std::array<char, 256> text{};
  std::size_t size = text.size();
  if (rd_kafka_conf_get(conf.get(), name, text.data(), &size) != RD_KAFKA_CONF_OK) return "unset";
  return text.data();
}

Result<Conf> ConfWith(Properties properties, Settings settings = {}, std::string id = "id") {
  KafkaSettings kafka{.brokers = "b:9092", .topic = "t", .properties = std::move(properties)};
  return MakeProducerConf(kafka, settings, id);
}

TEST(ProducerConf, DecidesWhatTheGoalsRestOn) {
  const Conf conf = *ConfWith({});
  EXPECT_EQ(ValueOf(conf, "enable.idempotence"), "true");
  EXPECT_EQ(ValueOf(conf, "transactional.id"), "id");
  EXPECT_EQ(ValueOf(conf, "transaction.timeout.ms"), "15000");
  EXPECT_EQ(ValueOf(conf, "message.max.bytes"), std::to_string((10 << 20) + (64 << 10)));
  EXPECT_EQ(ValueOf(conf, "queue.buffering.max.kbytes"), "12288");
  EXPECT_EQ(ValueOf(conf, "queue.buffering.max.messages"), "200000");
  EXPECT_EQ(ValueOf(conf, "reconnect.backoff.max.ms"), "500");
  EXPECT_EQ(ValueOf(conf, "compression.codec"), "zstd");
}

TEST(ProducerConf, ThereIsNoTransactionalIdWithoutTransactions) {
  EXPECT_EQ(ValueOf(*ConfWith({}, {}, ""), "transactional.id"), "unset");
}

TEST(ProducerConf, PropertiesOfTheEnvironmentWinOverOurDefaults) {
  const Conf conf = *ConfWith({{"linger.ms", "5"}, {"message.max.bytes", "2000000"}});
  EXPECT_EQ(ValueOf(conf, "linger.ms"), "5");
  EXPECT_EQ(ValueOf(conf, "message.max.bytes"), "2000000");
}

TEST(ProducerConf, TheQueueHoldsTheLargestMessage) {
  Settings settings;
  settings.max_line_bytes = 100 << 20;
  EXPECT_GT(NumberOf(ConfWith({}, settings)->get(), "queue.buffering.max.kbytes"), 100 << 10);
  EXPECT_GT(
      NumberOf(ConfWith({{"message.max.bytes", "50000000"}})->get(), "queue.buffering.max.kbytes"),
      50'000'000 / 1024);
}

TEST(ProducerConf, AnyLineLimitIsCappedToWhatTheClientCanDo) {
  Settings settings;
  for (const std::uint64_t bytes : {std::uint64_t{2'000'000'000}, UINT64_MAX}) {
    settings.max_line_bytes = bytes;
    EXPECT_EQ(ValueOf(*ConfWith({}, settings), "message.max.bytes"), "1000000000");
  }
}

TEST(ProducerConf, AnUnknownPropertyIsNamed) {
  const auto conf = ConfWith({{"no.such.thing", "1"}});
  ASSERT_FALSE(conf);
  EXPECT_EQ(conf.error().remedy, Remedy::kStop);
  EXPECT_THAT(conf.error().ToString(), HasSubstr("no.such.thing"));
}

TEST(ProducerConf, AValueThatIsNotAcceptedIsNotRepeated) {
  const auto conf = ConfWith({{"security.protocol", "s3cret"}});
  ASSERT_FALSE(conf);
  EXPECT_THAT(conf.error().ToString(), HasSubstr("security.protocol"));
  EXPECT_THAT(conf.error().ToString(), Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace reprocess::kafka
