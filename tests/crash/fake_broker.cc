#include "crash/fake_broker.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/key.h"

namespace reprocess::test {
namespace {

std::unexpected<Error> Answer(Remedy remedy, std::string what) {
  return std::unexpected(
      Error{.remedy = remedy, .what = std::move(what), .where = "topic at broker"});
}

}  // namespace

class FakeProbe final : public Probe {
 public:
  explicit FakeProbe(FakeBroker& broker) : broker_(broker) {}

  Result<std::optional<Error>> Try(const Batch& batch, std::size_t from, std::size_t to,
                                   const std::stop_token&) override {
    if (broker_.Away()) return Answer(Remedy::kWait, "deliver: the broker is away");
    if (broker_.probe_fails && broker_.tried.size() >= 2) {
      return std::unexpected(*broker_.probe_fails);
    }
    std::vector<std::string>& values = broker_.tried.emplace_back();
    for (std::size_t i = from; i < to; ++i) {
      const Line& line = batch.lines[i];
      if (line.verdict == Verdict::kSend) values.emplace_back(line.text, line.size);
    }
    const auto refuses = [&](const std::function<bool(std::string_view)>& who) {
      return who && std::ranges::any_of(values, who);
    };
    if (!refuses(broker_.client_refuses) && !refuses(broker_.broker_refuses) &&
        values.size() <= broker_.most_together) {
      return std::nullopt;
    }
    Error error = Answer(Remedy::kIsolate, "deliver: Broker: Message size too large").error();
    error.code = Code::kTooLarge;
    return error;
  }

 private:
  FakeBroker& broker_;
};

class FakeKafkaSink final : public Sink {
 public:
  FakeKafkaSink(FakeBroker& broker, bool transactional)
      : broker_(broker), transactional_(transactional) {}

  Result<void> Open(const std::stop_token&) override {
    state_ = State::kClosed;
    pending_.clear();
    if (broker_.open_fails && transactional_) return std::unexpected(*broker_.open_fails);
    if (broker_.Away()) return Wait("open Kafka");
    if (transactional_) {
      epoch_ = ++broker_.epoch_;
      if (broker_.late_checkpoint_) {
        broker_.checkpoint = std::exchange(broker_.late_checkpoint_, std::nullopt);
        broker_.EndOpen(RecordState::kCommitted);
      }
      broker_.EndOpen(RecordState::kAborted);
    }
    state_ = State::kReady;
    return {};
  }

  Result<std::optional<std::string>> ReadCheckpoint(Read) override {
    if (!transactional_) return std::nullopt;
    if (broker_.Away()) return Wait("read the checkpoint");
    return broker_.checkpoint;
  }

  Result<void> Begin() override {
    Expect(State::kReady, "Begin");
    if (Fenced()) return Lost("begin a transaction: fenced");
    state_ = State::kOpen;
    return {};
  }

  Result<Produced> Produce(const Batch& batch, std::size_t from, std::size_t to) override {
    Expect(State::kOpen, "Produce");
    if (Fenced()) return Lost("send: fenced");
    if (broker_.refusal_shows != RefusalShows::kAtCommit && Refused()) return Isolate();
    for (std::size_t i = from; i < to; ++i) {
      const Line& line = batch.lines[i];
      if (line.verdict != Verdict::kSend) continue;
      const std::string value(line.text, line.size);
      if (broker_.client_refuses && broker_.client_refuses(value)) {
        return Produced{i, Error{.remedy = Remedy::kCount, .what = "send: message size too large"}};
      }
      const KeyText key = LineKeyOf(batch.file_key, line.first_byte);
      FakeRecord record{std::string(key.data(), key.size()), value, std::nullopt,
                        RecordState::kOpen};
      if (!line.connection_ids.empty()) record.connection_ids = line.connection_ids;
      Send(std::move(record));
    }
    if (broker_.refusal_shows == RefusalShows::kAtOnce && Refused()) return Isolate();
    return Produced{to, std::nullopt};
  }

  Result<void> Commit(std::string_view checkpoint, Milliseconds within) override {
    Expect(State::kOpen, "Commit");
    const int number = ++broker_.commits;
    if (Fenced()) return Lost("commit: fenced");
    if (unanswered_ && *unanswered_ != checkpoint) {
      ADD_FAILURE() << "a retriable commit was called again with another checkpoint";
    }
    if (broker_.Away()) return OutOfTime(checkpoint, within);
    if (Refused()) return Isolate();
    const auto fault = broker_.commit_faults.find(number);
    switch (fault == broker_.commit_faults.end() ? CommitFault::kNone : fault->second) {
      case CommitFault::kNone:
        Make(checkpoint);
        break;
      case CommitFault::kLost:
        return Lost("commit: no answer");
      case CommitFault::kLostMade:
        Make(checkpoint);
        return Lost("commit: no answer");
      case CommitFault::kLostMadeLate:
        broker_.late_checkpoint_ = checkpoint;
        return Lost("commit: no answer");
      case CommitFault::kSlow:
        return OutOfTime(checkpoint, within);
      case CommitFault::kSlowMade:
        Make(checkpoint);
        return OutOfTime(checkpoint, within);
    }
    unanswered_.reset();
    state_ = State::kReady;
    return {};
  }

  void Abandon() override {
    const bool decided = broker_.late_checkpoint_.has_value();
    if (transactional_ && !Fenced() && !decided) broker_.EndOpen(RecordState::kAborted);
    pending_.clear();
    state_ = State::kClosed;
  }

  std::unique_ptr<Probe> MakeProbe() override {
    if (!transactional_ || !broker_.has_probe) return nullptr;
    return std::make_unique<FakeProbe>(broker_);
  }

  Result<std::vector<std::int64_t>> EndOffsets() override {
    if (broker_.Away()) return Wait("ask for end offsets");
    return std::vector<std::int64_t>{static_cast<std::int64_t>(broker_.records.size())};
  }

  std::uint64_t max_value_bytes() const override { return broker_.max_value_bytes; }

 private:
  enum class State : std::uint8_t { kClosed, kReady, kOpen, kFailed };

  void Expect(State state, const char* call) {
    if (state_ != state) {
      ADD_FAILURE() << call << " against the order of calls (state " << static_cast<int>(state_)
                    << ")";
    }
  }
  bool Fenced() const { return transactional_ && epoch_ != broker_.epoch_; }
  std::unexpected<Error> Wait(std::string_view verb) {
    state_ = State::kFailed;
    return Answer(Remedy::kWait, fmt::format("{}: the broker is away", verb));
  }
  std::unexpected<Error> Lost(std::string what) {
    state_ = State::kFailed;
    unanswered_.reset();
    return Answer(Remedy::kAbortAndRewind, std::move(what));
  }
  std::unexpected<Error> Isolate() {
    state_ = State::kFailed;
    Error error = Answer(Remedy::kIsolate, "deliver: Broker: Message size too large").error();
    error.code = Code::kTooLarge;
    return std::unexpected(std::move(error));
  }
  std::unexpected<Error> OutOfTime(std::string_view checkpoint, Milliseconds within) {
    unanswered_ = checkpoint;
    broker_.clock_.Advance(within);
    return Answer(Remedy::kRetry, "commit: timed out");
  }

  void Send(FakeRecord record) {
    if (transactional_) {
      broker_.records.push_back(std::move(record));
    } else if (broker_.sent_before_commit && !RefusedByBroker(record)) {
      record.state = RecordState::kCommitted;
      broker_.records.push_back(std::move(record));
    } else {
      pending_.push_back(std::move(record));
    }
  }
  bool RefusedByBroker(const FakeRecord& record) const {
    return record.state == RecordState::kOpen && broker_.broker_refuses &&
           broker_.broker_refuses(record.value);
  }
  bool Refused() const {
    const auto& open = transactional_ ? broker_.records : pending_;
    if (broker_.open_records() > broker_.most_together) return true;
    return std::ranges::any_of(open, [&](const FakeRecord& r) { return RefusedByBroker(r); });
  }
  void Make(std::string_view checkpoint) {
    if (!transactional_) {
      for (FakeRecord& record : pending_) {
        record.state = RecordState::kCommitted;
        broker_.records.push_back(std::move(record));
      }
      pending_.clear();
      return;
    }
    broker_.EndOpen(RecordState::kCommitted);
    broker_.checkpoint = checkpoint;
  }

  FakeBroker& broker_;
  const bool transactional_;
  int epoch_ = 0;
  State state_ = State::kClosed;
  std::optional<std::string> unanswered_;  // the checkpoint of a commit that ran out of time
  std::vector<FakeRecord> pending_;        // without transactions: not sent yet
};

std::unique_ptr<Sink> FakeBroker::Connect(bool transactional) {
  return std::make_unique<FakeKafkaSink>(*this, transactional);
}

std::vector<std::string> FakeBroker::Committed() const {
  std::vector<std::string> values;
  for (const FakeRecord& record : records) {
    if (record.state == RecordState::kCommitted) values.push_back(record.value);
  }
  return values;
}

std::size_t FakeBroker::open_records() const {
  return static_cast<std::size_t>(
      std::ranges::count(records, RecordState::kOpen, &FakeRecord::state));
}

void FakeBroker::EndOpen(RecordState state) {
  for (FakeRecord& record : records) {
    if (record.state == RecordState::kOpen) record.state = state;
  }
}

}  // namespace reprocess::test
