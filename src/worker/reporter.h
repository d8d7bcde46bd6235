// Writes a shard's progress to the database beside the replay: heartbeats, the checkpoint's copy,
// the worker's row at most once a second, what holds the shard back. What fails is logged and
// written again with the next change. Reads every 2 s what an operator has changed: limits, and
// whether the job is cancelled. Logs how far the shard is each 30 s.
//
//   threads    the observer's calls come from the replay's threads; one thread of its own writes
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "model/stores.h"
#include "replay/progress.h"
#include "store/database.h"
#include "worker/progress_lines.h"
#include "worker/throttle_watch.h"

namespace reprocess {

class Reporter final : public ProgressObserver {
 public:
  // Borrows `watch` and `clock`. `cancelled`: the job is; told from the thread that writes.
  Reporter(std::unique_ptr<WorkerStore> store, ShardRef shard, Milliseconds heartbeat_interval,
           ThrottleWatch& watch, Clock& clock, std::function<void()> cancelled);
  ~Reporter() override;  // writes what is pending, then joins

  void Claimed(Mode mode, const Owner& owner) override;
  void Progress(const WorkerRow& row) override;
  void Committed(const Checkpoint& checkpoint, std::string_view text) override;
  void Waiting(const std::string& why) override;
  void Throttled(const ThrottleState& state) override;

  std::optional<Owner> owner();         // of the last claim, if any
  std::optional<WorkerRow> last_row();  // as last told

 private:
  struct News {
    std::optional<WorkerRow> row;
    std::optional<std::string> checkpoint;
    ShardSigns signs;
  };
  void Run(const std::stop_token& stop);
  void Write(const Owner& owner, const News& news);
  void ReadChanges();
  void LogProgress();

  const std::unique_ptr<WorkerStore> store_;
  const ShardRef shard_;
  const Milliseconds heartbeat_interval_;
  ThrottleWatch& watch_;
  Clock& clock_;
  const std::function<void()> cancelled_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Owner> owner_;
  Mode mode_ = Mode::kExactlyOnce;
  News news_;
  std::optional<WorkerRow> last_row_;
  bool committed_ = false;  // by this process
  std::string throttle_;    // as last told
  std::uint64_t consumer_lag_ = 0;
  Hold hold_ = Hold::kNone;       // … and logged
  ProgressLines progress_lines_;  // the thread's alone
  std::jthread thread_;
};

}  // namespace reprocess
