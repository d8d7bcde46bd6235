#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "cli/numbers.h"
#include "cli/table.h"

namespace reprocess {
namespace {

constexpr std::chrono::seconds kWindow{10};

std::string Bar(double fraction, std::size_t width) {
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(width));
  std::string bar(width, ' ');
  std::fill_n(bar.begin(), std::min(full, width), '=');
  if (full > 0 && full < width) bar[full] = '>';
  return "[" + bar + "]";
}

double FractionOf(const ShardGauge& shard) {
  if (shard.stored_total == 0) return shard.ended ? 1 : 0;
  return std::min(1.0, static_cast<double>(shard.stored) / static_cast<double>(shard.stored_total));
}

std::string Percent(double fraction) {
  return fmt::format("{} %", static_cast<int>(std::floor(fraction * 100)));
}

std::string EndName(ExitCode exit) {
  switch (exit) {
    case ExitCode::kCompleted:
      return "done";
    case ExitCode::kFailedFiles:
      return "done, some files failed";
    case ExitCode::kFenced:
      return "taken over";
    case ExitCode::kStopped:
      return "stopped";
    case ExitCode::kUnverified:  // of verify alone
    case ExitCode::kFatal:
      break;
  }
  return "failed";
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::string Doing(const ShardGauge& shard) {
  if (shard.ended) return EndName(*shard.ended);
  return shard.waiting.empty() ? BaseName(shard.file) : shard.waiting;
}

std::uint64_t PerSecond(double rate) {
  return static_cast<std::uint64_t>(std::llround(rate));
}

std::string ErrorCount(std::uint64_t errors) {
  return errors == 0 ? "" : Plural(errors, "error");
}

std::string Rates(const ProgressState::Totals& totals) {
  return fmt::format("{} lines/s  {}/s", Thousands(PerSecond(totals.lines_per_second)),
                     HumanBytes(PerSecond(totals.bytes_per_second)));
}

std::string Left(const ProgressState::Totals& totals) {
  constexpr double kMinute = 60;
  if (!totals.eta_seconds) return {};
  const double seconds = std::round(*totals.eta_seconds);
  return (seconds < kMinute ? fmt::format("{} s", seconds) : HumanDuration(seconds)) + " left";
}

}  // namespace

ProgressState::ProgressState(const std::vector<std::uint64_t>& shard_bytes, const Counters& before,
                             SteadyTime now) {
  for (const auto bytes : shard_bytes) {
    ShardGauge shard;
    shard.stored_total = bytes;
    shards_.push_back(shard);
  }
  moments_.push_back({now, before.lines, before.bytes, 0});
}

void ProgressState::Update(int shard, const ShardProgress& progress) {
  ShardGauge& state = At(shard);
  const Counters& counters = progress.row.counters;
  state.stored = std::min(progress.stored_bytes, state.stored_total);
  state.lines = counters.lines;
  state.bytes = counters.bytes;
  state.sent = counters.success;
  state.errors = counters.errors();
  state.file = progress.row.current_file;
}

void ProgressState::Wait(int shard, const std::string& why) {
  At(shard).waiting = why;
}

void ProgressState::End(int shard, const ShardReport& report) {
  ShardGauge& state = At(shard);
  state.ended = report.exit;
  state.waiting.clear();
  const bool done = report.exit == ExitCode::kCompleted || report.exit == ExitCode::kFailedFiles;
  if (!done) return;
  const Counters& counters = report.checkpoint.shard;
  state.stored = state.stored_total;
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

void ProgressState::Tick(SteadyTime now) {
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

std::vector<std::string> Bars(const ProgressState& state, std::size_t columns, std::size_t rows) {
  constexpr std::size_t kBarWidth = 24, kRowsBesides = 3;
  Table table({{}, {}, {"", Align::kRight}, {"", Align::kRight}, {"", Align::kRight}, {}});
  const auto add = [&](const std::string& name, const ShardGauge& shard, const std::string& rest) {
    const double fraction = FractionOf(shard);
    table.Add({name, Bar(fraction, kBarWidth), Percent(fraction), Plural(shard.lines, "line"),
               ErrorCount(shard.errors), rest});
  };
  const auto& shards = state.shards();
  const std::size_t shown =
      std::min(shards.size(), std::max(rows, kRowsBesides + 1) - kRowsBesides);
  if (shards.size() > 1) {
    for (std::size_t i = 0; i < shown; ++i) {
      add(fmt::format("shard {}", i), shards[i], Doing(shards[i]));
    }
  }
  const auto totals = state.Sum();
  const std::string what = shards.size() == 1 ? Doing(shards.front()) + "  " : "";
  const std::string left = Left(totals).empty() ? "" : "  " + Left(totals);
  add("total", totals.sum, what + Rates(totals) + left);

  std::vector<std::string> lines;
  const std::string text = table.Render();
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(Printable(std::string_view(text).substr(at, end - at), columns));
    at = end + 1;
  }
  return lines;
}

std::string ProgressLine(const ProgressState& state) {
  const auto totals = state.Sum();
  std::string line = fmt::format(
      "{}, {}, {} lines/s, {}/s, {}", Percent(totals.fraction), Plural(totals.sum.lines, "line"),
      Thousands(PerSecond(totals.lines_per_second)), HumanBytes(PerSecond(totals.bytes_per_second)),
      Plural(totals.sum.errors, "error"));
  if (const auto left = Left(totals); !left.empty()) line += ", " + left;
  for (std::size_t i = 0; i < state.shards().size(); ++i) {
    const auto& shard = state.shards()[i];
    if (!shard.waiting.empty()) line += fmt::format("; shard {}: {}", i, shard.waiting);
  }
  return line;
}

}  // namespace reprocess
