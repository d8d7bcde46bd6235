#include "cli/progress.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "base/base_name.h"
#include "cli/numbers.h"
#include "cli/table.h"

namespace reprocess {
namespace {

constexpr std::chrono::seconds kWindow{10};
// Characters of a bar, and of a terminal that is wide enough for the longer one.
constexpr std::size_t kNarrowBar = 12, kWideBar = 24, kWide = 100;

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

// Of a name the end is kept, of a sentence the beginning.
std::string Doing(const ShardGauge& shard, std::size_t room) {
  if (shard.ended) return Printable(EndName(*shard.ended), room);
  return shard.waiting.empty() ? PrintableEnd(BaseName(shard.file), room)
                               : Printable(shard.waiting, room);
}

// How many shards there is no room for, and what they do.
std::string Hidden(const std::vector<ShardGauge>& shards, std::size_t shown) {
  std::size_t ended = 0, waiting = 0;
  for (std::size_t i = shown; i < shards.size(); ++i) {
    ended += shards[i].ended ? 1 : 0;
    waiting += !shards[i].ended && !shards[i].waiting.empty() ? 1 : 0;
  }
  const std::size_t all = shards.size() - shown;
  return fmt::format("... and {}: {} running, {} waiting, {} ended", Plural(all, "more shard"),
                     all - ended - waiting, waiting, ended);
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::uint64_t PerSecond(double rate) {
  return static_cast<std::uint64_t>(std::llround(rate));
}

std::string ErrorCount(std::uint64_t errors) {
  return errors == 0 ? "" : Plural(errors, "error");
}

std::string Rates(const ProgressState::Totals& totals) {
  return fmt::format("{} lines/s, {}/s", Thousands(PerSecond(totals.lines_per_second)),
                     HumanBytes(PerSecond(totals.bytes_per_second)));
}

std::string Seconds(double seconds) {
  constexpr double kMinute = 60;
  const double whole = std::round(seconds);
  return whole < kMinute ? fmt::format("{} s", whole) : HumanDuration(whole);
}

std::string Left(const ProgressState::Totals& totals) {
  return totals.eta_seconds ? Seconds(*totals.eta_seconds) + " left" : std::string();
}

std::string Times(const ProgressState::Totals& totals) {
  std::string text = totals.paused ? "paused, " : "";
  if (const auto left = Left(totals); !left.empty()) text += left + ", ";
  return text + Seconds(totals.elapsed_seconds) + " elapsed";
}

}  // namespace

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
  state.ended = report.exit;
  state.waiting.clear();
  const bool done = report.exit == ExitCode::kCompleted || report.exit == ExitCode::kFailedFiles;
  if (!done) return;
  const Counters& counters = report.checkpoint.shard;
  // Nothing is told of a shard that an earlier run had completed.
  if (report.already_complete) state.stored = state.stored_total;
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

std::vector<std::string> Bars(const ProgressState& state, std::size_t columns, std::size_t rows) {
  constexpr std::size_t kRowsBesides = 4;  // the total's two, the hidden shards, the cursor's
  const std::size_t bar = columns < kWide ? kNarrowBar : kWideBar;
  const auto& shards = state.shards();
  const std::size_t shown =
      std::min(shards.size(), std::max(rows, kRowsBesides + 1) - kRowsBesides);
  Table table({{}, {}, {"", Align::kRight}, {"", Align::kRight}, {"", Align::kRight}});
  const auto add = [&](const std::string& name, const ShardGauge& shard) {
    const double fraction = FractionOf(shard);
    table.Add({name, Bar(fraction, bar), Percent(fraction), Plural(shard.lines, "line"),
               ErrorCount(shard.errors)});
  };
  if (shards.size() > 1) {
    for (std::size_t i = 0; i < shown; ++i) {
      add(fmt::format("shard {}", i), shards[i]);
    }
  }
  const auto totals = state.Sum();
  add("total", totals.sum);

  std::vector<std::string> lines = LinesOf(table.Render());
  std::size_t width = 0;
  for (const std::string& line : lines) width = std::max(width, WidthOf(line));
  const std::size_t room = columns > width + 2 ? columns - width - 2 : 0;
  for (std::size_t i = 0; i < std::min(lines.size(), shards.size()) && room > 0; ++i) {
    if (shards.size() > 1 && i + 1 == lines.size()) break;  // the total of several
    const std::string doing = Doing(shards[i], room);
    lines[i] += std::string(width - WidthOf(lines[i]) + 2, ' ') + doing;
  }
  if (shown < shards.size()) lines.insert(lines.end() - 1, Hidden(shards, shown));
  lines.push_back(Times(totals) + ", " + Rates(totals));
  for (std::string& line : lines) line = Printable(line, columns);
  return lines;
}

std::string ProgressLine(const ProgressState& state) {
  const auto totals = state.Sum();
  std::string line = fmt::format(
      "{}, {}, {} lines/s, {}/s, {}", Percent(totals.fraction), Plural(totals.sum.lines, "line"),
      Thousands(PerSecond(totals.lines_per_second)), HumanBytes(PerSecond(totals.bytes_per_second)),
      Plural(totals.sum.errors, "error"));
  line += ", " + Times(totals);
  for (std::size_t i = 0; i < state.shards().size(); ++i) {
    const auto& shard = state.shards()[i];
    if (!shard.waiting.empty()) line += fmt::format("; shard {}: {}", i, shard.waiting);
  }
  return line;
}

}  // namespace reprocess
