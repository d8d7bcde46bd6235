#include "cli/display.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cli/bars.h"
#include "views/events.h"

namespace reprocess {
namespace {

Milliseconds IntervalOf(DisplayStyle style) {
  switch (style) {
    case DisplayStyle::kBars:
      return Milliseconds(200);
    case DisplayStyle::kLines:
      return Milliseconds(5'000);
    case DisplayStyle::kJson:
    case DisplayStyle::kLog:
      break;
  }
  return Milliseconds(1'000);
}

}  // namespace

Display::Display(const Console& console, DisplayStyle style, const PreparedRun& run)
    : console_(console),
      style_(style),
      state_(run.shard_bytes, run.before, SystemClock().Now()),
      thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

void Display::Progress(int shard, const WorkerRow& row) {
  const std::scoped_lock lock(mutex_);
  state_.Update(shard, row);
}

void Display::Waiting(int shard, const std::string& why) {
  const std::scoped_lock lock(mutex_);
  state_.Wait(shard, why);
  if (finished_) return;
  if (style_ == DisplayStyle::kJson) {
    Print(console_.out, WaitingEvent(shard, why));
  } else if (style_ == DisplayStyle::kLines && !why.empty()) {
    Print(console_.err, fmt::format("shard {}: {}\n", shard, why));
  }
}

void Display::Ended(int shard, const ShardReport& report) {
  const std::scoped_lock lock(mutex_);
  state_.End(shard, report);
  if (style_ == DisplayStyle::kJson && !finished_) {
    Print(console_.out, ShardEndedEvent(shard, report));
  }
}

void Display::Stopping() {
  const std::scoped_lock lock(mutex_);
  if (finished_) return;
  if (style_ == DisplayStyle::kJson) {
    Print(console_.out, StoppingEvent());
  } else if (style_ == DisplayStyle::kLog) {
    Log(LogLevel::kInfo, "stopping: committing what is in flight");
  } else {
    Print(console_.err, "stopping: committing what is in flight; a second signal ends at once\n");
    drawn_lines_ = 0;  // the bars go on below this line
  }
}

void Display::Finish() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  const std::scoped_lock lock(mutex_);
  if (finished_) return;
  state_.Tick(SystemClock().Now());
  // Bars stay as they ended; a short run needs no line of progress before its report.
  if (style_ == DisplayStyle::kBars) Draw();
  finished_ = true;
}

void Display::Loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, stop, IntervalOf(style_), [] { return false; });
    if (stop.stop_requested()) return;
    state_.Tick(SystemClock().Now());
    Draw();
  }
}

void Display::Draw() {
  switch (style_) {
    case DisplayStyle::kJson:
      return Print(console_.out, ProgressEvent(state_));
    case DisplayStyle::kLines:
      return Print(console_.err, ProgressLine(state_) + "\n");
    case DisplayStyle::kLog:
      return;
    case DisplayStyle::kBars:
      break;
  }
  const TerminalSize size = SizeOf(console_.err);
  const auto lines = Bars(state_, size.columns, size.rows);
  std::string text;
  if (drawn_lines_ > 0) text += fmt::format("\x1b[{}A", drawn_lines_);
  for (const auto& line : lines) text += "\r" + line + "\x1b[K\n";
  text += "\x1b[J";
  drawn_lines_ = lines.size();
  Print(console_.err, text);
}

}  // namespace reprocess
