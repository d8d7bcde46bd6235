#include "worker/throttle_watch.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/log.h"

namespace reprocess {
namespace {

constexpr int kIntervalsOfLife = 3;

void LogLimits(bool paused, const ThrottleLimits& limits) {
  Log(LogLevel::kInfo, "limits changed",
      {{"paused", paused ? "yes" : "no"},
       {"max_messages_per_second", limits.max_messages_per_second},
       {"max_bytes_per_second", limits.max_bytes_per_second},
       {"max_consumer_lag", limits.max_consumer_lag},
       {"lag_groups", fmt::format("{}", fmt::join(limits.lag_groups, ", "))},
       {"max_errors", limits.max_errors ? ToText(*limits.max_errors) : "any number"}});
}

}  // namespace

ThrottleWatch::ThrottleWatch(Job job, Clock& clock, LagReaderMaker lag_reader)
    : job_(std::move(job)), clock_(clock), lag_reader_(std::move(lag_reader)) {
  inputs_.limits = job_.limits;
  inputs_.shards_alive = job_.shards;
  if (!lag_reader_) {
    inputs_.limits.max_consumer_lag = 0;
    return;
  }
  lag_thread_ = std::jthread([this](const std::stop_token& stop) { WatchLag(stop); });
}

ThrottleWatch::~ThrottleWatch() {
  lag_thread_.request_stop();
}

ThrottleInputs ThrottleWatch::Inputs() {
  const std::scoped_lock lock(mutex_);
  if (!first_asked_) first_asked_ = clock_.Now();
  return inputs_;
}

std::optional<MaxErrors> ThrottleWatch::MostErrors() {
  const std::scoped_lock lock(mutex_);
  return inputs_.limits.max_errors;
}

void ThrottleWatch::Refresh(ControlStore& store) {
  const Result<JobControls> controls = store.Controls(job_.id);
  if (!controls) return Warn(controls.error());
  ThrottleLimits limits = LimitsOf(job_.limits, *controls);
  if (!lag_reader_) limits.max_consumer_lag = 0;
  const int alive = Alive(store, limits);
  const std::scoped_lock lock(mutex_);
  if (inputs_.paused != controls->paused || inputs_.limits != limits) {
    LogLimits(controls->paused, limits);
  }
  if (!limits.WatchesLag() || inputs_.limits.lag_groups != limits.lag_groups) inputs_.lag = {};
  inputs_.paused = controls->paused;
  inputs_.limits = std::move(limits);
  inputs_.shards_alive = alive;
  changed_.notify_all();
}

int ThrottleWatch::Alive(ControlStore& store, const ThrottleLimits& limits) {
  if (!limits.Shared()) return job_.shards;
  {
    const std::scoped_lock lock(mutex_);
    const Milliseconds life = job_.heartbeat_interval * kIntervalsOfLife;
    if (!first_asked_ || clock_.Now() - *first_asked_ < life) return job_.shards;
  }
  const Result<int> alive = store.ShardsAlive(job_.id, job_.heartbeat_interval * kIntervalsOfLife);
  if (!alive) Warn(alive.error());
  return alive && *alive > 0 ? *alive : job_.shards;
}

void ThrottleWatch::Warn(const Error& error) {
  if (warned_ == error.what) return;
  warned_ = error.what;
  Log(LogLevel::kWarn, "limits not read, those last known hold",
      {{"why", error.what}, {"where", error.where}});
}

void ThrottleWatch::WatchLag(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto asked = [this] { return inputs_.limits.WatchesLag(); };
  while (changed_.wait(lock, stop, asked) && !stop.stop_requested()) {
    const std::vector<std::string> groups = inputs_.limits.lag_groups;
    lock.unlock();
    LagReading reading = ReadLag(groups);
    lock.lock();
    if (inputs_.limits.WatchesLag() && inputs_.limits.lag_groups == groups) {
      reading.number = ++readings_;
      inputs_.lag = std::move(reading);
    }
    changed_.wait_for(lock, stop, job_.lag_interval, [&] {
      return !inputs_.limits.WatchesLag() || inputs_.limits.lag_groups != groups;
    });
  }
}

// Of the group that is furthest behind; one that cannot be read counts as such.
LagReading ThrottleWatch::ReadLag(const std::vector<std::string>& groups) {
  std::erase_if(groups_, [&](const auto& known) {
    return std::ranges::find(groups, known.first) == groups.end();
  });
  LagReading worst{.began = clock_.Now()};
  for (const std::string& group : groups) {
    std::unique_ptr<GroupLag>& reader = groups_[group];
    const auto read = [&]() -> Result<std::uint64_t> {
      if (!reader) {
        TRY(reader, lag_reader_(group));
      }
      return reader->Read();
    };
    const Result<std::uint64_t> lag = read();
    if (!lag) {
      const Error& error = lag.error();
      worst.group = group;
      worst.lag = 0;
      worst.problem = error.hint.empty() ? error.what : error.what + "; " + error.hint;
      return worst;
    }
    if (worst.group.empty() || *lag > worst.lag) {
      worst.group = group;
      worst.lag = *lag;
    }
  }
  return worst;
}

}  // namespace reprocess
