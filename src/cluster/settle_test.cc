// How shards are settled: what Kafka has committed in memory, rows in a SQLite file.
#include "cluster/settle.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "store/database.h"

namespace reprocess {
namespace {

namespace fs = std::filesystem;

struct Broker {
  std::optional<std::string> checkpoint{};
  int opened = 0;
  Milliseconds within{};  // of the last commit
};

class BrokerSink final : public Sink {
 public:
  explicit BrokerSink(Broker& broker) : broker_(broker) {}
  Result<void> Open(const std::stop_token&) override {
    ++broker_.opened;
    return {};
  }
  Result<std::optional<std::string>> ReadCheckpoint(Read) override { return broker_.checkpoint; }
  Result<void> Begin() override { return {}; }
  Result<Produced> Produce(const Batch&, std::size_t, std::size_t to) override {
    return Produced{to, {}};
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    broker_.checkpoint = checkpoint;
    broker_.within = within;
    return {};
  }
  void Abandon() override {}

 private:
  Broker& broker_;
};

Checkpoint Running(std::uint64_t generation, std::uint64_t lines) {
  Checkpoint checkpoint;
  checkpoint.owner = "w";
  checkpoint.generation = generation;
  checkpoint.fingerprint = "0123456789abcdef";
  checkpoint.shard = {.lines = lines, .success = lines};
  return checkpoint;
}

class Settling : public testing::Test {
 protected:
  Settling() {
    EXPECT_TRUE(database_->NewQueries()->StorePlan(
        {.job_id = "7", .config = "{}", .total_workers = 1, .files = {}, .begun = Begun::kNot}));
  }
  ~Settling() override { fs::remove_all(directory_); }

  void Claim(const Checkpoint& checkpoint) {
    ASSERT_TRUE(workers_->Claim(kShard, Mode::kExactlyOnce, {"w", "pod", checkpoint.generation},
                                Encode(checkpoint), {}));
  }
  ShardRow Row() { return **workers_->Find(kShard); }
  Result<Checkpoint> Settle(const ShardRow& row) { return settler_->Settle(kShard, row, "{}", {}); }

  static fs::path NewDirectory() {
    std::string name = (fs::temp_directory_path() / "settle_XXXXXX").string();
    return ::mkdtemp(name.data());
  }

  const ShardRef kShard{"7", 0};
  const fs::path directory_ = NewDirectory();
  const std::unique_ptr<Database> database_ =
      *Database::Open(directory_ / "jobs.db", Database::Use::kWork);
  const std::unique_ptr<WorkerStore> workers_ = database_->NewWorkerStore();
  Broker broker_;
  const std::unique_ptr<ShardSettler> settler_ = MakeShardSettler(
      {.brokers = "b:1", .topic = "t", .properties = {}}, {}, *workers_, *workers_,
      {.read = [this](const auto&, const auto&, Read) { return broker_.checkpoint; },
       .make_sink = [this](const auto&, const auto&, const auto&, Mode) -> std::unique_ptr<Sink> {
         return std::make_unique<BrokerSink>(broker_);
       }});
};

TEST_F(Settling, AShardIsTakenOverWhereKafkaHasItNotWhereItsRowDoes) {
  Claim(Running(1, 5));
  broker_.checkpoint = Encode(Running(2, 9));
  const auto settled = Settle(Row());
  ASSERT_TRUE(settled) << settled.error().ToString();
  EXPECT_EQ(settled->generation, 3u);
  EXPECT_EQ(settled->shard.lines, 9u);
  EXPECT_EQ(broker_.checkpoint, Encode(*settled));
  EXPECT_EQ(Row().checkpoint, Encode(*settled));
  EXPECT_TRUE(Row().given_back());
}

TEST_F(Settling, ACheckpointThatKafkaHasLostIsNotMadeAgainFromAnOlderRow) {
  Claim(Running(1, 5));
  const auto settled = Settle(Row());
  ASSERT_TRUE(settled) << settled.error().ToString();
  EXPECT_EQ(broker_.checkpoint, std::nullopt) << "lines since then would be sent twice";
  EXPECT_EQ(broker_.opened, 1) << "whoever has it still is fenced";
  EXPECT_EQ(Row().owner.generation, 2u);
}

TEST_F(Settling, AShardThatNobodyHasClaimedIsFencedAndMayBeBegunByAnybody) {
  ShardRow row;
  row.checkpoint = Encode(Checkpoint{});
  const auto settled = Settle(row);
  ASSERT_TRUE(settled) << settled.error().ToString();
  EXPECT_TRUE(IsReset(*settled));
  EXPECT_EQ(broker_.checkpoint, Encode(*settled));
  EXPECT_EQ(Row().owner.generation, 1u);
  EXPECT_FALSE(workers_->Claim(kShard, Mode::kExactlyOnce, {"zombie", "pod", 1}, "", {}));
}

TEST_F(Settling, ACommitThatKafkaDoesNotAnswerKeepsNobodyForMinutes) {
  Claim(Running(1, 5));
  broker_.checkpoint = Encode(Running(1, 5));
  ASSERT_TRUE(Settle(Row()));
  EXPECT_LE(broker_.within, Milliseconds(10'000));
}

}  // namespace
}  // namespace reprocess
