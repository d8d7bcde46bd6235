// What replay/ may rely on, whatever the destination.
#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "contract/sinks/sink_world.h"

namespace reprocess::test {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

constexpr Milliseconds kLong{20'000};

struct Kind {
  const char* name;
  WorldMaker make;
  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

class SinkContract : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<Sink> Opened() {
    auto sink = world_->Make();
    const auto opened = sink->Open({});
    EXPECT_TRUE(opened) << opened.error().ToString();
    const auto read = ReadPatiently(*sink);
    EXPECT_TRUE(read) << read.error().ToString();
    return sink;
  }
  static void Produce(Sink& sink, const Batch& batch) {
    const auto produced = sink.Produce(batch, 0, batch.lines.size());
    ASSERT_TRUE(produced) << produced.error().ToString();
    ASSERT_EQ(produced->next, batch.lines.size());
    ASSERT_FALSE(produced->refused);
  }
  static void Commit(Sink& sink, std::string_view checkpoint) {
    const auto committed = sink.Commit(checkpoint, kLong);
    ASSERT_TRUE(committed) << committed.error().ToString();
  }
  static void Deliver(Sink& sink, const Batch& batch, std::string_view checkpoint) {
    ASSERT_TRUE(sink.Begin());
    Produce(sink, batch);
    Commit(sink, checkpoint);
  }
  std::optional<std::string> Checkpoint(Sink& sink) {
    const auto read = sink.ReadCheckpoint(Read::kStable);
    EXPECT_TRUE(read) << read.error().ToString();
    return read.value_or(std::nullopt);
  }
  // Sees exactly the records of these batches.
  void ExpectVisible(const std::vector<const Batch*>& batches) {
    std::vector<Record> expected;
    for (const Batch* batch : batches) {
      for (Record& record : RecordsOf(*batch, world_->HasKeys())) {
        if (world_->HasRecords()) expected.push_back(std::move(record));
      }
    }
    EXPECT_THAT(world_->Visible(), UnorderedElementsAreArray(expected));
  }

  const std::unique_ptr<SinkWorld> world_ = GetParam().make();
};

// Those whose records appear with their commit, and that keep the checkpoint themselves.
class TransactionalSinkContract : public SinkContract {};

TEST_P(SinkContract, AFreshShardHasNoCheckpoint) {
  const auto sink = Opened();
  EXPECT_EQ(Checkpoint(*sink), std::nullopt);
}

TEST_P(TransactionalSinkContract, ACheckpointOf4000BytesIsReadBackExactly) {
  std::string text = "rp1";
  for (char c = ' '; text.size() < 4'000; c = c == '~' ? ' ' : static_cast<char>(c + 1)) text += c;
  const auto sink = Opened();
  ASSERT_TRUE(sink->Begin());
  Commit(*sink, text);
  EXPECT_EQ(Checkpoint(*sink), text);
}

TEST_P(TransactionalSinkContract, TheLastCommittedCheckpointCounts) {
  const auto sink = Opened();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(sink->Begin());
    Commit(*sink, fmt::format("checkpoint {}", i));
  }
  EXPECT_EQ(Checkpoint(*sink), "checkpoint 4");
}

TEST_P(TransactionalSinkContract, NothingIsVisibleBeforeItsCommit) {
  const Batch batch = BatchOf({{"{\"n\":1}"}, {"{\"n\":2}"}});
  const auto sink = Opened();
  ASSERT_TRUE(sink->Begin());
  Produce(*sink, batch);
  EXPECT_THAT(world_->Visible(), IsEmpty());
  EXPECT_EQ(Checkpoint(*sink), std::nullopt);
  Commit(*sink, "done");
  ExpectVisible({&batch});
}

TEST_P(TransactionalSinkContract, OpenThrowsAwayWhatIsUncommitted) {
  const Batch first = BatchOf({{"1"}}), lost = BatchOf({{"lost"}, {"too"}}, 100),
              second = BatchOf({{"2"}}, 200);
  const auto sink = Opened();
  Deliver(*sink, first, "one");
  ASSERT_TRUE(sink->Begin());
  Produce(*sink, lost);
  const auto opened = sink->Open({});
  ASSERT_TRUE(opened) << opened.error().ToString();
  EXPECT_EQ(Checkpoint(*sink), "one");
  Deliver(*sink, second, "two");
  ExpectVisible({&first, &second});
}

TEST_P(TransactionalSinkContract, ASinkThatGoesAwayCommitsNothing) {
  const Batch lost = BatchOf({{"lost"}}), kept = BatchOf({{"kept"}}, 100);
  {
    const auto sink = Opened();
    ASSERT_TRUE(sink->Begin());
    Produce(*sink, lost);
  }
  const auto sink = Opened();
  EXPECT_EQ(Checkpoint(*sink), std::nullopt);
  Deliver(*sink, kept, "kept");
  ExpectVisible({&kept});
}

TEST_P(TransactionalSinkContract, AbandonDropsWhatIsUncommitted) {
  const Batch first = BatchOf({{"1"}}), lost = BatchOf({{"lost"}}, 100);
  const auto sink = Opened();
  Deliver(*sink, first, "one");
  ASSERT_TRUE(sink->Begin());
  Produce(*sink, lost);
  sink->Abandon();
  ExpectVisible({&first});
}

TEST_P(SinkContract, OnlyLinesToSendAreSentAndOnlyOfTheRange) {
  const Batch batch = BatchOf({{"before"},
                               {"a"},
                               {"skipped", {}, Verdict::kSkip},
                               {"bad", {}, Verdict::kError},
                               {"b"},
                               {"after"}});
  const auto sink = Opened();
  ASSERT_TRUE(sink->Begin());
  const auto produced = sink->Produce(batch, 1, 5);
  ASSERT_TRUE(produced);
  EXPECT_EQ(produced->next, 5u);
  Commit(*sink, "done");
  Batch sent = batch;
  sent.lines = {batch.lines[1], batch.lines[4]};
  ExpectVisible({&sent});
}

TEST_P(SinkContract, AnyBytesArePassedOnUntouched) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) {
    if (c != '\n') bytes += static_cast<char>(c);
  }
  const Batch batch = BatchOf({{bytes}, {"{\"ü\":\"\xF0\x9F\xA6\x86\"}"}, {" "}});
  const auto sink = Opened();
  Deliver(*sink, batch, "done");
  ExpectVisible({&batch});
}

TEST_P(SinkContract, FiftyThousandRecordsArriveWithTheirKeysAndHeaders) {
  const std::string_view headers[] = {"connection-a,connection-b", "connection-c", ""};
  std::vector<Batch> batches;
  std::uint64_t first_byte = 0;
  for (int n = 0; n < 50'000;) {
    std::vector<Message> messages;
    for (int i = 0; i < 500; ++i, ++n) {
      messages.push_back(
          {fmt::format("{{\"n\":{},\"text\":\"{:*>{}}\"}}", n, "", n % 3'000), headers[n % 3]});
    }
    batches.push_back(BatchOf(messages, first_byte));
    first_byte = batches.back().lines.back().end_byte;
  }
  const auto sink = Opened();
  ASSERT_TRUE(sink->Begin());
  for (const Batch& batch : batches) Produce(*sink, batch);
  Commit(*sink, "done");

  std::vector<Record> expected, visible = world_->Visible();
  for (const Batch& batch : batches) {
    for (Record& record : RecordsOf(batch, world_->HasKeys()))
      expected.push_back(std::move(record));
  }
  if (!world_->HasRecords()) expected.clear();
  const auto by_value = [](const Record& a, const Record& b) { return a.value < b.value; };
  std::ranges::sort(expected, by_value);
  std::ranges::sort(visible, by_value);
  EXPECT_EQ(visible.size(), expected.size());
  EXPECT_TRUE(visible == expected) << "some record differs";
}

TEST_P(SinkContract, BuffersAreFreeOnceTheirRecordsAreCommitted) {
  const auto sink = Opened();
  Batch batch = BatchOf({{std::string(100'000, 'x')}, {"y"}});
  const std::weak_ptr<Buffer> buffer = batch.buffer;
  Deliver(*sink, batch, "done");
  batch = {};
  EXPECT_TRUE(buffer.expired());
}

TEST_P(SinkContract, BuffersAreFreeOnceTheirRecordsAreThrownAway) {
  const auto sink = Opened();
  Batch batch = BatchOf({{std::string(100'000, 'x')}, {"y"}});
  const std::weak_ptr<Buffer> buffer = batch.buffer;
  ASSERT_TRUE(sink->Begin());
  Produce(*sink, batch);
  batch = {};
  ASSERT_TRUE(sink->Open({}));
  EXPECT_TRUE(buffer.expired());
}

std::string NameOfKind(const testing::TestParamInfo<Kind>& kind) {
  return kind.param.name;
}
INSTANTIATE_TEST_SUITE_P(
    Sinks, SinkContract,
    testing::Values(Kind{"Null", NullWorld}, Kind{"File", FileWorld}, Kind{"Kafka", KafkaWorld},
                    Kind{"KafkaWithoutTransactions", KafkaWithoutTransactionsWorld}),
    NameOfKind);
INSTANTIATE_TEST_SUITE_P(Sinks, TransactionalSinkContract,
                         testing::Values(Kind{"Null", NullWorld}, Kind{"File", FileWorld},
                                         Kind{"Kafka", KafkaWorld}),
                         NameOfKind);

}  // namespace
}  // namespace reprocess::test
