#include "replay/governor.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/thousands.h"

namespace reprocess {
namespace {

constexpr double kSavedSeconds = 2;
constexpr double kPaceStep = 1.0 / 16;

double Seconds(SteadyTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void TokenBucket::Fill(SteadyTime now) {
  const double most = std::max(1.0, rate_ * kSavedSeconds);
  balance_ = std::min(most, balance_ + Seconds(now - filled_at_) * rate_);
  filled_at_ = now;
}

void TokenBucket::SetRate(double per_second, SteadyTime now) {
  if (per_second == rate_) return;
  if (rate_ == 0) {
    balance_ = std::max(1.0, per_second);  // the first transaction need not wait
    filled_at_ = now;
  } else {
    Fill(now);
  }
  rate_ = per_second;
}

std::uint64_t TokenBucket::Quantum() const {
  if (rate_ == 0) return UINT64_MAX;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rate_));
}

Milliseconds TokenBucket::WaitAt(SteadyTime now) {
  if (rate_ == 0) return Milliseconds{0};
  Fill(now);
  const double missing = static_cast<double>(Quantum()) - balance_;
  if (missing <= 0) return Milliseconds{0};
  return Milliseconds{static_cast<std::int64_t>(std::ceil(missing / rate_ * 1000))};
}

void Governor::Follow(ThrottleInputs inputs) {
  const SteadyTime now = clock_.Now();
  const std::uint64_t last_reading = inputs_.lag.number;
  inputs_ = std::move(inputs);
  inputs_.shards_alive = std::max(1, inputs_.shards_alive);
  const double shards = inputs_.shards_alive;
  const ThrottleLimits& limits = inputs_.limits;
  records_.SetRate(static_cast<double>(limits.max_messages_per_second) / shards, now);
  bytes_.SetRate(static_cast<double>(limits.max_bytes_per_second) / shards, now);
  if (!limits.WatchesLag()) {
    pace_factor_ = 1;
    read_max_ = 0;
    recent_.clear();
    pace_.SetRate(0, now);
    return;
  }
  if (inputs_.lag.number != last_reading || limits.max_consumer_lag != read_max_) FollowLag();
  pace_.SetRate(pace_factor_ * static_cast<double>(limits.max_consumer_lag) / shards, now);
}

void Governor::FollowLag() {
  const LagReading& reading = inputs_.lag;
  read_max_ = inputs_.limits.max_consumer_lag;
  headroom_ = 0;
  while (!recent_.empty() && recent_.front().first < reading.began) recent_.pop_front();
  if (reading.number == 0 || !reading.problem.empty()) return;
  if (reading.lag > read_max_) {
    pace_factor_ = std::max(kPaceStep, pace_factor_ / 2);
    return;
  }
  pace_factor_ = std::min(1.0, pace_factor_ + kPaceStep);
  const auto shards = static_cast<std::uint64_t>(inputs_.shards_alive);
  // Of a room too small to share, each shard may send one: nobody starves.
  headroom_ =
      std::max<std::uint64_t>(read_max_ > reading.lag ? 1 : 0, (read_max_ - reading.lag) / shards);
  for (const auto& [when, records] : recent_) headroom_ -= std::min(headroom_, records);
}

Governor::Answer Governor::Ask() {
  if (inputs_.paused) return {.hold = Hold::kPaused};
  Answer answer{.records = records_.Quantum(), .bytes = bytes_.Quantum()};
  const SteadyTime now = clock_.Now();
  if (inputs_.limits.WatchesLag()) {
    answer.wait = pace_.WaitAt(now);
    if (headroom_ == 0 || answer.wait > Milliseconds{0}) {
      answer.hold = Hold::kLag;
      return answer;
    }
    answer.records = std::min({answer.records, pace_.Quantum(), headroom_});
  }
  answer.wait = std::max(records_.WaitAt(now), bytes_.WaitAt(now));
  if (answer.wait > Milliseconds{0}) answer.hold = Hold::kRate;
  return answer;
}

void Governor::Committed(std::uint64_t records, std::uint64_t bytes) {
  if (records_.rate() > 0) records_.Charge(records);
  if (bytes_.rate() > 0) bytes_.Charge(bytes);
  if (pace_.rate() > 0) pace_.Charge(records);
  if (!inputs_.limits.WatchesLag()) return;
  headroom_ -= std::min(headroom_, records);
  if (records > 0) recent_.emplace_back(clock_.Now(), records);
}

ThrottleState Governor::StateOf(Hold hold) const {
  ThrottleState state{
      .hold = hold, .messages_per_second = records_.rate(), .bytes_per_second = bytes_.rate()};
  if (inputs_.limits.WatchesLag()) {
    state.consumer_lag = inputs_.lag.lag;
    const double pace = pace_.rate();
    if (state.messages_per_second == 0 || pace < state.messages_per_second) {
      state.messages_per_second = pace;
    }
  }
  switch (hold) {
    case Hold::kNone:
      break;
    case Hold::kPaused:
      state.why = kPausedText;
      break;
    case Hold::kRate:
      state.why = "rate limit";
      break;
    case Hold::kLag:
      if (!inputs_.lag.problem.empty()) {
        state.why = fmt::format("consumer lag of group {} is not known: {}", inputs_.lag.group,
                                inputs_.lag.problem);
      } else if (inputs_.lag.number == 0) {
        state.why = "consumer lag is being read";
      } else {
        state.why = fmt::format("consumer lag {} of group {}", Thousands(inputs_.lag.lag),
                                inputs_.lag.group);
      }
  }
  return state;
}

}  // namespace reprocess
