#include "worker/watched_sink.h"

#include <future>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Milliseconds kSoon{20}, kNever{3'600'000};

// Commits come back when they are let go.
class Held final : public Sink {
 public:
  explicit Held(std::shared_future<void> let_go) : let_go_(std::move(let_go)) {}
  Result<void> Open(const std::stop_token&) override { return {}; }
  Result<std::optional<std::string>> ReadCheckpoint(Read) override { return std::nullopt; }
  Result<void> Begin() override { return {}; }
  Result<Produced> Produce(const Batch&, std::size_t, std::size_t to) override {
    return Produced{to, {}};
  }
  Result<void> Commit(std::string_view checkpoint, Milliseconds) override {
    let_go_.wait();
    if (checkpoint == "lost")
      return std::unexpected(Error{.what = "commit", .where = {}, .hint = {}});
    return {};
  }
  void Abandon() override {}

 private:
  const std::shared_future<void> let_go_;
};

class Heard final : public ProgressObserver {
 public:
  void Waiting(const std::string& why) override { waits_.push_back(why); }
  const std::vector<std::string>& waits() const { return waits_; }

 private:
  std::vector<std::string> waits_;
};

class WatchedSinkTest : public testing::Test {
 protected:
  std::unique_ptr<Sink> Watched(Milliseconds patience) {
    return MakeWatchedSink(std::make_unique<Held>(let_go_.get_future().share()), heard_, patience,
                           [this](const std::string& why) { hung_.set_value(why); });
  }
  Heard heard_;
  std::promise<void> let_go_;
  std::promise<std::string> hung_;
};

TEST_F(WatchedSinkTest, ACommitThatNeverComesBackIsTold) {
  const auto sink = Watched(kSoon);
  auto committed = std::async(std::launch::async, [&] { return sink->Commit("", kSoon); });
  EXPECT_THAT(hung_.get_future().get(), HasSubstr("has not come back in 20 ms"));
  let_go_.set_value();
  EXPECT_TRUE(committed.get());
}

TEST_F(WatchedSinkTest, WhatIsWaitedForIsToldUntilItComesBack) {
  const auto sink = Watched(kSoon);
  auto committed = std::async(std::launch::async, [&] { return sink->Commit("", kSoon); });
  hung_.get_future().wait();
  let_go_.set_value();
  EXPECT_TRUE(committed.get());
  EXPECT_THAT(heard_.waits(), ElementsAre("Kafka: a commit has not come back", ""));
}

TEST_F(WatchedSinkTest, OneThatComesBackIsNot) {
  let_go_.set_value();
  auto sink = Watched(kNever);
  EXPECT_TRUE(sink->Commit("", kSoon));
  EXPECT_FALSE(sink->Commit("lost", kSoon));
  sink.reset();
  EXPECT_THAT(heard_.waits(), IsEmpty());
  EXPECT_EQ(hung_.get_future().wait_for(Milliseconds(0)), std::future_status::timeout);
}

TEST_F(WatchedSinkTest, NothingIsWatchedBetweenCommits) {
  let_go_.set_value();
  {
    const auto sink = Watched(Milliseconds(1));
    EXPECT_TRUE(sink->Begin());
  }
  EXPECT_EQ(hung_.get_future().wait_for(Milliseconds(0)), std::future_status::timeout);
}

}  // namespace
}  // namespace reprocess
