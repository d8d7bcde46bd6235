#include "worker/reporter.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace reprocess {
namespace {

constexpr Milliseconds kLeastBetweenWrites{1'000};
constexpr Milliseconds kBetweenReads{2'000};

std::string TextOf(const ThrottleState& state) {
  if (!state.why.empty() || state.broker_throttle == Milliseconds{0}) return state.why;
  return fmt::format("broker quota, delays of {} ms", state.broker_throttle.count());
}

}  // namespace

Reporter::Reporter(std::unique_ptr<WorkerStore> store, ShardRef shard,
                   Milliseconds heartbeat_interval, ThrottleWatch& watch, Clock& clock,
                   std::function<void()> cancelled)
    : store_(std::move(store)),
      shard_(std::move(shard)),
      heartbeat_interval_(heartbeat_interval),
      watch_(watch),
      clock_(clock),
      cancelled_(std::move(cancelled)),
      thread_([this, fields = LogScope::CurrentFields()](const std::stop_token& stop) {
        const LogScope scope(fields);
        Run(stop);
      }) {}

Reporter::~Reporter() {
  thread_.request_stop();
  thread_.join();
}

void Reporter::Claimed(Mode mode, const Owner& owner) {
  const std::scoped_lock lock(mutex_);
  owner_ = owner;
  mode_ = mode;
}

void Reporter::Progress(const WorkerRow& row) {
  const std::scoped_lock lock(mutex_);
  news_.row = last_row_ = row;
  news_.signs.stored_bytes = row.stored_bytes;
}

void Reporter::Committed(const Checkpoint&, std::string_view text) {
  const std::scoped_lock lock(mutex_);
  committed_ = true;
  // At least once, the row's checkpoint is the authority and the sink has stored it.
  if (mode_ != Mode::kAtLeastOnce) news_.checkpoint = text;
}

void Reporter::Waiting(const std::string& why) {
  if (!why.empty()) Log(LogLevel::kInfo, "waiting", {{"why", why}});
}

void Reporter::Throttled(const ThrottleState& state) {
  std::string text = TextOf(state);
  const std::scoped_lock lock(mutex_);
  // A line for another kind of hold; numbers that move are in the row alone.
  if (std::exchange(hold_, state.hold) != state.hold && state.hold != Hold::kNone) {
    Log(LogLevel::kInfo, "waiting", {{"why", state.why}});
  }
  if (text != throttle_) news_.signs.throttle = throttle_ = std::move(text);
  if (state.consumer_lag != consumer_lag_) {
    news_.signs.consumer_lag = consumer_lag_ = state.consumer_lag;
  }
}

std::optional<Owner> Reporter::owner() {
  const std::scoped_lock lock(mutex_);
  return owner_;
}

std::optional<WorkerRow> Reporter::last_row() {
  const std::scoped_lock lock(mutex_);
  return last_row_;
}

void Reporter::Run(const std::stop_token& stop) {
  const Milliseconds pause = std::min(kLeastBetweenWrites, heartbeat_interval_);
  SteadyTime read_at = clock_.Now();
  for (bool last = false; !last;) {
    News news;
    std::optional<Owner> owner;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
      last = stop.stop_requested();
      owner = owner_;
      if (owner) news = std::exchange(news_, {});
      if (last && !throttle_.empty()) news.signs.throttle = "";  // nobody is held back any more
    }
    if (owner) Write(*owner, news);
    if (!last) LogProgress();
    LogRepeated();
    if (!last && clock_.Now() - read_at >= kBetweenReads) {
      read_at = clock_.Now();
      ReadChanges();
    }
  }
}

void Reporter::ReadChanges() {
  watch_.Refresh(*store_);
  const auto job = store_->FindJob(shard_.job_id);
  if (job && *job && (*job)->status == NameOf(WorkerStatus::kCancelled)) cancelled_();
}

void Reporter::LogProgress() {
  WorkerRow row;
  {
    const std::scoped_lock lock(mutex_);
    if (!last_row_ || !committed_) return;
    row = *last_row_;
  }
  if (auto fields = progress_lines_.Due(clock_.Now(), row)) {
    Log(LogLevel::kInfo, "progress", *std::move(fields));
  }
}

void Reporter::Write(const Owner& owner, const News& news) {
  Result<void> written = news.checkpoint ? store_->StoreCheckpoint(shard_, owner, *news.checkpoint)
                                         : store_->Heartbeat(shard_, owner);
  if (written && news.row) written = store_->PutWorker(shard_, owner, *news.row);
  if (written) written = store_->StoreSigns(shard_, owner, news.signs);
  if (written || written.error().remedy == Remedy::kFenced) return;
  Log(LogLevel::kWarn, "status not written", {{"why", written.error().ToString()}});
  const std::scoped_lock lock(mutex_);
  if (!news_.row) news_.row = news.row;
  if (!news_.checkpoint) news_.checkpoint = news.checkpoint;
  if (!news_.signs.throttle) news_.signs.throttle = news.signs.throttle;
  if (!news_.signs.stored_bytes) news_.signs.stored_bytes = news.signs.stored_bytes;
  if (!news_.signs.consumer_lag) news_.signs.consumer_lag = news.signs.consumer_lag;
}

}  // namespace reprocess
