// Shows a running job from a thread of its own: redrawn bars on a terminal, a line every few
// seconds elsewhere (both on err), or JSON lines on out; in style kLog the log says it all.
//
//   threads    the observer's calls come from the shards' threads; Finish() from the one that made
//              it
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/console.h"
#include "jobs/run_here.h"
#include "views/progress.h"

namespace reprocess {

enum class DisplayStyle : std::uint8_t { kBars, kLines, kJson, kLog };

class Display final : public RunObserver {
 public:
  Display(const Console& console, DisplayStyle style, const PreparedRun& run);
  ~Display() override { Finish(); }

  void Progress(int shard, const WorkerRow& row) override;
  void Waiting(int shard, const std::string& why) override;
  void Ended(int shard, const ShardReport& report) override;

  // Says that what is in flight is being committed; from any thread.
  void Stopping();

  // Draws for the last time; nothing is printed afterwards. May be called twice.
  void Finish();

 private:
  void Loop(const std::stop_token& stop);
  void Draw();

  const Console& console_;
  const DisplayStyle style_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  ProgressState state_;
  std::size_t drawn_lines_ = 0;
  bool finished_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace reprocess
