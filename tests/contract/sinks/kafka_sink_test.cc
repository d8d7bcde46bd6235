// What only Kafka does: fencing, refusals, partitions, topics.
#include "kafka/kafka_sink.h"

#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/sinks/broker.h"

namespace reprocess::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr Milliseconds kLong{20'000};

// Bytes that compression does not make fewer.
std::string Noise(std::size_t size, std::size_t x = 1) {
  std::string noise(size, '\0');
  for (char& c : noise) c = static_cast<char>((x = x * 6'364'136'223'846'793'005u + 1) >> 56);
  return noise;
}

class KafkaSinkTest : public testing::Test {
 protected:
  std::unique_ptr<Sink> Make(Mode transactions = Mode::kExactlyOnce) {
    auto sink = MakeKafkaSink(kafka_, settings_, {topic_, 0}, transactions);
    EXPECT_TRUE(sink) << sink.error().ToString();
    return *std::move(sink);
  }
  std::unique_ptr<Sink> Opened(Mode transactions = Mode::kExactlyOnce) {
    auto sink = Make(transactions);
    const auto opened = sink->Open({});
    EXPECT_TRUE(opened) << opened.error().ToString();
    const auto read = ReadPatiently(*sink);
    EXPECT_TRUE(read) << read.error().ToString();
    return sink;
  }
  static Result<void> Deliver(Sink& sink, const Batch& batch, std::string_view checkpoint) {
    TRY_OK(sink.Begin());
    TRY_OK(sink.Produce(batch, 0, batch.lines.size()));
    return sink.Commit(checkpoint, kLong);
  }
  std::vector<std::string> Values() {
    std::vector<std::string> values;
    for (Placed& placed : Consume(topic_)) values.push_back(std::move(placed.record.value));
    return values;
  }

  const std::string topic_ = FreshName("sink");
  KafkaSettings kafka_ = SettingsOf(topic_);
  Settings settings_;
};

TEST_F(KafkaSinkTest, ASecondSinkOfTheShardFencesTheFirst) {
  CreateTopic(topic_, 4);
  const auto first = Opened();
  const Batch early = BatchOf({{"early"}}), lost = BatchOf({{"lost"}}, 100),
              late = BatchOf({{"late"}}, 200);
  ASSERT_TRUE(Deliver(*first, early, "of the first"));
  ASSERT_TRUE(first->Begin());
  ASSERT_TRUE(first->Produce(lost, 0, 1));

  const auto second = Opened();
  ASSERT_TRUE(Deliver(*second, late, "of the second"));

  const auto committed = first->Commit("of a zombie", kLong);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().remedy, Remedy::kAbortAndRewind) << committed.error().ToString();
  // The broker answers a commit before the group's coordinator has its mark.
  std::string seen = "of the first";
  for (const SteadyTime until = SystemClock().Now() + kLong;
       seen == "of the first" && SystemClock().Now() < until;) {
    seen = **first->ReadCheckpoint(Read::kAsIs);
  }
  EXPECT_EQ(seen, "of the second");
  EXPECT_THAT(Values(), testing::UnorderedElementsAre("early", "late"));
}

TEST_F(KafkaSinkTest, ATransactionThatTimedOutIsLostAndOpenGoesOn) {
  CreateTopic(topic_, 1);
  settings_.transaction_timeout = Milliseconds{1'000};
  const auto sink = Opened();
  const Batch lost = BatchOf({{"lost"}}), kept = BatchOf({{"kept"}}, 100);
  ASSERT_TRUE(Deliver(*sink, kept, "one"));
  ASSERT_TRUE(sink->Begin());
  ASSERT_TRUE(sink->Produce(lost, 0, 1));
  const SteadyTime until = SystemClock().Now() + Milliseconds{20'000};
  while (SystemClock().Now() < until && Opened()->ReadCheckpoint(Read::kStable)->value() != "one") {
  }
  const auto committed = sink->Commit("two", kLong);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().remedy, Remedy::kAbortAndRewind);
  ASSERT_TRUE(sink->Open({}));
  EXPECT_EQ(**sink->ReadCheckpoint(Read::kStable), "one");
  EXPECT_THAT(Values(), testing::ElementsAre("kept"));
}

TEST_F(KafkaSinkTest, ARecordTooLargeForTheClientIsRefusedAloneAndOnTheSpot) {
  CreateTopic(topic_, 1);
  settings_.max_line_bytes = 200'000;
  for (const Mode mode : {Mode::kExactlyOnce, Mode::kAtLeastOnce}) {
    const auto sink = Opened(mode);
    const Batch batch = BatchOf({{"a"}, {std::string(300'000, 'x')}, {"b"}});
    ASSERT_TRUE(sink->Begin());
    const auto produced = sink->Produce(batch, 0, 3);
    ASSERT_TRUE(produced) << produced.error().ToString();
    EXPECT_EQ(produced->next, 1u);
    ASSERT_TRUE(produced->refused);
    EXPECT_EQ(produced->refused->remedy, Remedy::kCount);
    EXPECT_EQ(sink->Produce(batch, 2, 3)->next, 3u);
    EXPECT_TRUE(sink->Commit("done", kLong));
  }
  EXPECT_THAT(Values(), testing::UnorderedElementsAre("a", "b", "a", "b"));
}

TEST_F(KafkaSinkTest, ValuesAboveItsBoundAreRefusedForCertain) {
  CreateTopic(topic_, 1);
  settings_.max_line_bytes = 100'000;
  const auto sink = Opened();
  EXPECT_EQ(sink->max_value_bytes(), 100'000u + (64 << 10) - kKeySize);
  const Batch batch = BatchOf({{std::string(sink->max_value_bytes() + 1, 'x')}});
  ASSERT_TRUE(sink->Begin());
  EXPECT_TRUE(sink->Produce(batch, 0, 1)->refused);
}

TEST_F(KafkaSinkTest, ARecordThatTheBrokerRefusesIsToBeIsolated) {
  CreateTopic(topic_, 1, {{"max.message.bytes", "20000"}});
  for (const Mode mode : {Mode::kExactlyOnce, Mode::kAtLeastOnce}) {
    const auto sink = Opened(mode);
    const Batch good = BatchOf({{"good"}}), bad = BatchOf({{"near"}, {Noise(100'000)}}, 100);
    const auto committed = Deliver(*sink, bad, "bad");
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().remedy, Remedy::kIsolate) << committed.error().ToString();
    EXPECT_THAT(committed.error().what, HasSubstr("Message size too large"));
    ASSERT_TRUE(sink->Open({}));
    const auto again = Deliver(*sink, good, "good");
    EXPECT_TRUE(again) << again.error().ToString();
  }
  EXPECT_THAT(Values(), testing::UnorderedElementsAre("good", "good"));
}

TEST_F(KafkaSinkTest, AProbeTellsWhichRecordsAreRefusedAndLeavesNoneBehind) {
  CreateTopic(topic_, 2, {{"max.message.bytes", "20000"}});
  const auto sink = Opened();
  const Batch first = BatchOf({{"first"}}), second = BatchOf({{"second"}}, 100'000);
  ASSERT_TRUE(Deliver(*sink, first, "one"));
  std::vector<Message> messages;
  for (std::size_t i = 0; i < 30; ++i) messages.push_back({i % 5 == 3 ? Noise(30'000, i) : "good"});
  const Batch batch = BatchOf(messages, 1'000);
  {
    const auto probe = sink->MakeProbe();
    ASSERT_TRUE(probe);
    const auto all = probe->Try(batch, 0, 30, {});
    ASSERT_TRUE(all) << all.error().ToString();
    ASSERT_TRUE(*all);
    EXPECT_EQ((*all)->remedy, Remedy::kIsolate);
    EXPECT_EQ((*all)->code, Code::kTooLarge);
    EXPECT_THAT((*all)->what, HasSubstr("Message size too large"));
    for (std::size_t i = 0; i < 30; ++i) {
      const auto tried = probe->Try(batch, i, i + 1, {});
      ASSERT_TRUE(tried) << i << ": " << tried.error().ToString();
      EXPECT_EQ(tried->has_value(), i % 5 == 3) << i;
    }
    const auto together = probe->Try(batch, 4, 8, {});
    ASSERT_TRUE(together) << together.error().ToString();
    EXPECT_FALSE(*together);
  }
  EXPECT_TRUE(Deliver(*sink, second, "two")) << "a probe fences no shard";
  EXPECT_THAT(Values(), testing::UnorderedElementsAre("first", "second"));
}

TEST_F(KafkaSinkTest, AProbesTransactionsAreShort) {
  CreateTopic(topic_, 1);
  settings_.commit_interval = Milliseconds{1};
  const auto probe = Opened()->MakeProbe();
  const Batch batch = BatchOf({{"a"}, {"b"}, {"c"}});
  for (std::size_t i = 0; i < 30; ++i) {
    const auto tried = probe->Try(batch, i % 3, i % 3 + 1, {});
    ASSERT_TRUE(tried) << tried.error().ToString();
    EXPECT_FALSE(*tried);
  }
  EXPECT_TRUE(Values().empty());
}

TEST_F(KafkaSinkTest, AnotherProbeOfTheShardEndsTheFirst) {
  CreateTopic(topic_, 1);
  const auto sink = Opened();
  const auto first = sink->MakeProbe(), second = sink->MakeProbe();
  const Batch batch = BatchOf({{"a"}});
  ASSERT_TRUE(first->Try(batch, 0, 1, {}));
  ASSERT_TRUE(second->Try(batch, 0, 1, {}));
  EXPECT_FALSE(first->Try(batch, 0, 1, {})) << "it was fenced, which tells nothing of the record";
}

TEST_F(KafkaSinkTest, WithoutTransactionsNothingIsProbed) {
  EXPECT_FALSE(Make(Mode::kAtLeastOnce)->MakeProbe());
}

TEST_F(KafkaSinkTest, ACheckpointThatTheBrokerFindsTooLongEndsItWithARemedy) {
  CreateTopic(topic_, 1);
  const auto sink = Opened();
  ASSERT_TRUE(sink->Begin());
  const auto committed = sink->Commit(std::string(5'000, 'x'), kLong);
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().remedy, Remedy::kStop);
  EXPECT_THAT(committed.error().hint, HasSubstr("offset.metadata.max.bytes"));
}

TEST_F(KafkaSinkTest, RecordsGoToEveryPartitionAlsoToThoseAddedLater) {
  CreateTopic(topic_, 2);
  kafka_.properties = {{"topic.metadata.refresh.interval.ms", "100"}};
  const auto sink = Opened();
  std::set<std::int32_t> partitions;
  const auto deliver = [&] {
    for (std::uint64_t i = 0; i < 8; ++i) {  // a value as large as a partition's turn
      ASSERT_TRUE(Deliver(*sink, BatchOf({{std::string(1 << 20, 'x')}}, i << 21), "some"));
    }
    for (const Placed& placed : Consume(topic_)) partitions.insert(placed.partition);
  };
  deliver();
  EXPECT_EQ(partitions, (std::set<std::int32_t>{0, 1}));
  GrowTopic(topic_, 4);
  for (int i = 0; i < 20 && partitions.size() < 4; ++i) deliver();
  EXPECT_EQ(partitions, (std::set<std::int32_t>{0, 1, 2, 3}));
}

TEST_F(KafkaSinkTest, EndOffsetsAreThoseOfTheLogAlsoWhileATransactionIsOpen) {
  CreateTopic(topic_, 2);
  const auto sink = Opened();
  EXPECT_EQ(*sink->EndOffsets(), (std::vector<std::int64_t>{0, 0}));
  ASSERT_TRUE(sink->Begin());
  ASSERT_TRUE(sink->Produce(BatchOf({{"a"}, {"b"}, {"c"}}), 0, 3));
  std::int64_t records = 0;
  for (const SteadyTime until = SystemClock().Now() + kLong;
       records < 3 && SystemClock().Now() < until;) {
    const auto ends = *sink->EndOffsets();
    records = ends[0] + ends[1];
  }
  EXPECT_EQ(records, 3);
}

TEST_F(KafkaSinkTest, ACheckpointIsReadWithoutTakingTheShard) {
  CreateTopic(topic_, 1);
  // A broker that has just started has no coordinator for a moment, and a commit is answered before
  // the coordinator has its mark.
  const auto stored = [&](int index) {
    auto read = ReadKafkaCheckpoint(kafka_, {topic_, index}, Read::kStable);
    while (!read &&
           (read.error().remedy == Remedy::kWait || read.error().remedy == Remedy::kRetry)) {
      read = ReadKafkaCheckpoint(kafka_, {topic_, index}, Read::kStable);
    }
    EXPECT_TRUE(read) << (read ? "" : read.error().ToString());
    return read.value_or("nothing could be read");
  };
  EXPECT_EQ(stored(0), std::nullopt);
  const auto sink = Opened();
  ASSERT_TRUE(Deliver(*sink, BatchOf({{"a"}}), "one"));
  EXPECT_EQ(stored(0), "one");
  EXPECT_EQ(stored(1), std::nullopt);
  EXPECT_TRUE(Deliver(*sink, BatchOf({{"b"}}, 10), "two")) << "it was not fenced";
}

TEST_F(KafkaSinkTest, OpenGivesUpAfterAWhileAndAtOnceWhenAskedTo) {
  kafka_.brokers = "127.0.0.1:1";
  const auto sink = Make();
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = sink->Open(stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Code::kStopped);
  const auto opened = sink->Open({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().remedy, Remedy::kWait) << opened.error().ToString();
  EXPECT_THAT(opened.error().what, HasSubstr("Connection refused"));
}

TEST_F(KafkaSinkTest, ATopicThatIsThereIsFound) {
  CreateTopic(topic_, 1);
  const auto checked = CheckTopic(kafka_, settings_, {});
  EXPECT_TRUE(checked) << checked.error().ToString();
}

TEST_F(KafkaSinkTest, AMissingTopicIsAnErrorThatNamesLikelyOnesAndMakesNone) {
  kafka_.topic = FreshName("destination");
  const std::string alike = FreshName("all-destinations");
  CreateTopic(alike, 1);
  const auto checked = CheckTopic(kafka_, settings_, {});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Code::kNotFound);
  EXPECT_EQ(checked.error().remedy, Remedy::kStop);
  EXPECT_THAT(checked.error().hint,
              AllOf(HasSubstr(alike), HasSubstr("REPROCESS_CREATE_TOPIC=true")));
  EXPECT_FALSE(TopicExists(kafka_.topic));
}

TEST_F(KafkaSinkTest, ASinkMakesNoTopicWhateverTheBrokerAllows) {
  const auto sink = Make();
  (void)sink->Open({});
  EXPECT_FALSE(TopicExists(topic_));
}

TEST_F(KafkaSinkTest, AMissingTopicIsMadeWhenThatIsAskedFor) {
  kafka_.create_topic = true;
  for (int i = 0; i < 2; ++i) {
    const auto checked = CheckTopic(kafka_, settings_, {});
    EXPECT_TRUE(checked) << checked.error().ToString();
  }
  EXPECT_TRUE(TopicExists(topic_));
}

TEST_F(KafkaSinkTest, BrokersThatAreAwayAreWaitedForAndThenNamed) {
  kafka_.brokers = "127.0.0.1:1";
  settings_.start_timeout = Milliseconds{1'500};
  const SteadyTime start = SystemClock().Now();
  const auto checked = CheckTopic(kafka_, settings_, {});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().remedy, Remedy::kStop);
  EXPECT_THAT(checked.error().ToString(),
              AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("KAFKA_BOOTSTRAP_SERVERS"),
                    HasSubstr("Connection refused")));
  EXPECT_GE(SystemClock().Now() - start, settings_.start_timeout);
}

}  // namespace
}  // namespace reprocess::test
