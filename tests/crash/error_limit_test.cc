// A shard with more errors than its job allows goes no further, until it may.
#include <gtest/gtest.h>

#include "crash/fake_world.h"

namespace reprocess::test {
namespace {

class Allowed final : public ThrottleSource {
 public:
  ThrottleInputs Inputs() override { return {}; }
  std::optional<MaxErrors> MostErrors() override { return most; }
  std::optional<MaxErrors> most = MaxErrors{.hundredths = 5'000};
};

// 300 good lines, 900 bad ones, 300 good ones; a commit every 100 lines.
class ErrorLimit : public ::testing::Test {
 protected:
  ErrorLimit() {
    world_.AddFile("a", std::string(300, 'g') + std::string(900, 'b') + std::string(300, 'g'));
    world_.settings.commit_lines = 100;
    world_.read_takes = Milliseconds(0);  // no commit by the timer
    world_.throttle = &allowed_;
  }
  Outcome Run() { return world_.RunToItsEnd(); }

  Allowed allowed_;
  FakeWorld world_;
};

TEST_F(ErrorLimit, EndsTheShardAtTheFirstCommitThatIsOverItAndKeepsTheCheckpoint) {
  EXPECT_EQ(Run(), Outcome::kTooManyErrors);
  EXPECT_GE(world_.Committed().shard.lines, 1'000U) << "fewer lines say nothing of the rest";
  EXPECT_LT(world_.Committed().shard.lines, 1'200U);
  EXPECT_EQ(world_.Committed().state, ShardState::kRunning);
  EXPECT_EQ(world_.Delivered().size(), 300U);
}

TEST_F(ErrorLimit, AStartThatIsOverItEndsBeforeASinkIsOpened) {
  EXPECT_EQ(Run(), Outcome::kTooManyErrors);
  world_.database.shards.at(0).checkpoint = *world_.broker.checkpoint;  // as the reporter copies it
  world_.broker.open_fails = Error{.what = "opened", .where = "", .hint = ""};
  const auto ended = world_.RunWorker();
  ASSERT_TRUE(ended && *ended);
  EXPECT_EQ((*ended)->end, Outcome::kTooManyErrors);
  EXPECT_EQ((*ended)->checkpoint.shard, world_.Committed().shard);
  EXPECT_NE((*ended)->message.find("lines judged are errors, and max_errors is 50%"),
            std::string::npos)
      << (*ended)->message;
}

TEST_F(ErrorLimit, GoesOnFromItsCheckpointOnceMoreAreAllowed) {
  EXPECT_EQ(Run(), Outcome::kTooManyErrors);
  world_.database.shards.at(0).checkpoint = *world_.broker.checkpoint;
  allowed_.most = MaxErrors{.lines = 900};
  EXPECT_EQ(Run(), Outcome::kComplete);
  world_.CheckExactlyOnce();
  world_.CheckBooks();
}

TEST_F(ErrorLimit, DoesNotHoldAShardThatIsComplete) {
  allowed_.most.reset();
  EXPECT_EQ(Run(), Outcome::kComplete);
  world_.database.shards.at(0).checkpoint = *world_.broker.checkpoint;
  allowed_.most = MaxErrors{.lines = 0};
  EXPECT_EQ(Run(), Outcome::kAlreadyComplete);
}

}  // namespace
}  // namespace reprocess::test
