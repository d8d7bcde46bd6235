#include "cli/bars.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "base/base_name.h"
#include "cli/numbers.h"
#include "cli/table.h"

namespace reprocess {
namespace {

// Characters of a bar, and of a terminal that is wide enough for the longer one.
constexpr std::size_t kNarrowBar = 12, kWideBar = 24, kWide = 100;

std::string Bar(double fraction, std::size_t width) {
  const auto full = static_cast<std::size_t>(fraction * static_cast<double>(width));
  std::string bar(width, ' ');
  std::fill_n(bar.begin(), std::min(full, width), '=');
  if (full > 0 && full < width) bar[full] = '>';
  return "[" + bar + "]";
}

std::string Percent(double fraction) {
  return fmt::format("{} %", static_cast<int>(std::floor(fraction * 100)));
}

std::string EndName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
    case Outcome::kAlreadyComplete:
    case Outcome::kUnsentLines:  // of a whole job
      return "done";
    case Outcome::kFailedFiles:
      return "done, some files failed";
    case Outcome::kFenced:
      return "taken over";
    case Outcome::kStopped:
      return "stopped";
    case Outcome::kTooManyErrors:
    case Outcome::kFailed:
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
