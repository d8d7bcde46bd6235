#include "views/progress.h"

#include <algorithm>

namespace reprocess {
namespace {

constexpr std::chrono::seconds kWindow{10};

}  // namespace

double FractionOf(const ShardGauge& shard) {
  if (shard.stored_total == 0) return shard.ended ? 1 : 0;
  return std::min(1.0, static_cast<double>(shard.stored) / static_cast<double>(shard.stored_total));
}

ProgressState::ProgressState(const std::vector<std::uint64_t>& shard_bytes, const Counters& before,
                             SteadyTime now)
    : start_(now), now_(now) {
  for (const auto bytes : shard_bytes) {
    ShardGauge shard;
    shard.stored_total = bytes;
    shards_.push_back(shard);
  }
  moments_.push_back({now, before.lines, before.bytes, 0});
}

void ProgressState::Update(int shard, const WorkerRow& row) {
  ShardGauge& state = At(shard);
  const Counters& counters = row.counters;
  state.stored = std::min(row.stored_bytes, state.stored_total);
  state.lines = counters.lines;
  state.bytes = counters.bytes;
  state.sent = counters.success;
  state.errors = counters.errors();
  state.file = row.current_file;
}

void ProgressState::Wait(int shard, const std::string& why) {
  At(shard).waiting = why;
}

void ProgressState::End(int shard, const ShardReport& report) {
  ShardGauge& state = At(shard);
  state.ended = report.outcome;
  state.waiting.clear();
  const bool done = Finished(report.outcome);
  if (!done) return;
  const Counters& counters = report.checkpoint.shard;
  // Nothing is told of a shard that an earlier run had completed.
  if (report.outcome == Outcome::kAlreadyComplete) state.stored = state.stored_total;
  state.lines = counters.lines;
  state.bytes = counters.bytes;
  state.sent = counters.success;
  state.errors = counters.errors();
}

ProgressState::Moment ProgressState::Now(SteadyTime now) const {
  Moment moment{now, 0, 0, 0};
  for (const auto& shard : shards_) {
    moment.lines += shard.lines;
    moment.bytes += shard.bytes;
    moment.stored += shard.stored;
  }
  return moment;
}

bool ProgressState::Paused() const {
  const auto paused = [](const ShardGauge& shard) { return shard.waiting == kPausedText; };
  const auto at_rest = [&](const ShardGauge& shard) { return shard.ended || paused(shard); };
  return std::ranges::all_of(shards_, at_rest) && std::ranges::any_of(shards_, paused);
}

void ProgressState::Tick(SteadyTime now) {
  now_ = now;
  if (Paused()) {
    if (!paused_at_) paused_at_ = now;
    return;
  }
  if (paused_at_) {
    for (Moment& moment : moments_) moment.at += now - *paused_at_;
    paused_at_.reset();
  }
  Moment moment = Now(now);
  // What earlier runs did shows up with the first progress of a resumed shard: no work of now.
  if (moments_.size() == 1 && moment.stored > 0) moments_.front().stored = moment.stored;
  moments_.push_back(moment);
  while (moments_.size() > 2 && moments_[1].at + kWindow <= now) moments_.pop_front();
}

ProgressState::Totals ProgressState::Sum() const {
  Totals totals;
  for (const auto& shard : shards_) {
    totals.sum.stored += shard.stored;
    totals.sum.stored_total += shard.stored_total;
    totals.sum.lines += shard.lines;
    totals.sum.bytes += shard.bytes;
    totals.sum.sent += shard.sent;
    totals.sum.errors += shard.errors;
  }
  totals.fraction = FractionOf(totals.sum);
  totals.elapsed_seconds = std::chrono::duration<double>(now_ - start_).count();
  totals.paused = Paused();
  const Moment &first = moments_.front(), &last = moments_.back();
  const double seconds = std::chrono::duration<double>(last.at - first.at).count();
  if (seconds <= 0) return totals;
  const auto rate = [&](std::uint64_t now, std::uint64_t then) {
    return now > then ? static_cast<double>(now - then) / seconds : 0.0;
  };
  totals.lines_per_second = rate(last.lines, first.lines);
  totals.bytes_per_second = rate(last.bytes, first.bytes);
  const double stored_per_second = rate(last.stored, first.stored);
  if (stored_per_second > 0) {
    totals.eta_seconds =
        static_cast<double>(totals.sum.stored_total - totals.sum.stored) / stored_per_second;
  }
  return totals;
}

}  // namespace reprocess
