#include "cli/watch_display.h"

#include <fmt/format.h>

#include "cli/bars.h"
#include "cli/numbers.h"
#include "views/events.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr std::chrono::seconds kBetweenLines{5};

// What a shard does that is not running.
std::string WaitOf(const ShardSummary& shard, Milliseconds life) {
  const Standing standing = StandingOf(shard, life);
  if (standing == Standing::kRunning) return shard.shard->throttle;
  if (standing == Standing::kPaused) return std::string(kPausedText);
  return std::string(NameOf(standing));
}

// With the bytes that a worker's row does not have, and its checkpoint has.
WorkerRow RowOf(const ShardSummary& shard) {
  WorkerRow row = shard.worker;
  if (shard.checkpoint) row.counters = shard.checkpoint->shard;
  return row;
}

Counters SumOf(const JobView& view) {
  Counters sum;
  for (const ShardSummary& shard : view.shards) sum += RowOf(shard).counters;
  return sum;
}

std::optional<Outcome> OutcomeOf(Standing standing) {
  if (standing == Standing::kCompleted) return Outcome::kComplete;
  if (standing == Standing::kFailed) return Outcome::kFailed;
  return std::nullopt;
}

}  // namespace

std::string NowText(const JobView& view) {
  const std::string phase = PhaseOf(view);
  return fmt::format("{}{}{}", NameOf(view.standing.standing), phase.empty() ? "" : ": ", phase);
}

WatchDisplay::WatchDisplay(const Program& program, bool json)
    : console_(program.console),
      json_(json),
      draws_(!json && CanDraw(program.console.out, program.environment)) {}

void WatchDisplay::Update(const JobView& view, SteadyTime now) {
  const auto workers = static_cast<std::size_t>(std::max(view.job.total_workers, 0));
  std::vector<std::uint64_t> bytes(workers, 0);
  for (const ShardSummary& shard : view.shards) {
    const auto index = static_cast<std::size_t>(shard.index);
    if (index < workers) bytes[index] = shard.worker.total_bytes;
  }
  if (!state_ || bytes != bytes_) state_.emplace(bytes, SumOf(view), now);
  bytes_ = std::move(bytes);
  for (const ShardSummary& shard : view.shards) {
    if (static_cast<std::size_t>(shard.index) >= workers) continue;
    state_->Update(shard.index, RowOf(shard));
    state_->Wait(shard.index, WaitOf(shard, view.life));
    if (const auto ended = OutcomeOf(StandingOf(shard, view.life))) {
      ShardReport report{.outcome = *ended, .checkpoint = {}, .message = {}};
      report.checkpoint.shard = RowOf(shard).counters;
      state_->End(shard.index, report);
    }
  }
  state_->Tick(now);
}

void WatchDisplay::Draw(const std::string& text) {
  const TerminalSize size = SizeOf(console_.out);
  std::vector<std::string> lines = Bars(*state_, size.columns, size.rows > 1 ? size.rows - 1 : 1);
  lines.insert(lines.begin(), Printable(text, size.columns));
  std::string drawn;
  if (drawn_lines_ > 0) drawn += fmt::format("\x1b[{}A", drawn_lines_);
  for (const std::string& line : lines) drawn += "\r" + line + "\x1b[K\n";
  drawn_lines_ = lines.size();
  Print(console_.out, drawn + "\x1b[J");
}

void WatchDisplay::Show(const JobView& view, SteadyTime now) {
  Update(view, now);
  const std::string text = NowText(view);
  if (draws_) return Draw(text);
  const bool news = text != said_;
  said_ = text;
  if (json_) {
    if (news) Print(console_.out, PhaseEvent(view));
    return Print(console_.out, ProgressEvent(*state_));
  }
  if (news) Print(console_.out, text + "\n");
  if (lined_ && now - *lined_ < kBetweenLines) return;
  lined_ = now;
  Print(console_.out, ProgressLine(*state_) + "\n");
}

}  // namespace reprocess
