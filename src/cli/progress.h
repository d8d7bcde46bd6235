// The state of a running job, and its picture: bars on a terminal, a line elsewhere. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/run_here.h"

namespace reprocess {

struct ShardGauge {
  std::uint64_t stored = 0, stored_total = 0;  // stored bytes read, of all
  std::uint64_t lines = 0, bytes = 0, sent = 0, errors = 0;
  std::string file;     // being read
  std::string waiting;  // for what; or empty
  std::optional<ExitCode> ended;
};

class ProgressState {
 public:
  ProgressState(const std::vector<std::uint64_t>& shard_bytes, const Counters& before,
                SteadyTime now);

  void Update(int shard, const WorkerRow& row);
  void Wait(int shard, const std::string& why);
  void End(int shard, const ShardReport& report);

  // Remembers the totals of now: rates are those of the last seconds, but for the time that the job
  // is paused.
  void Tick(SteadyTime now);

  struct Totals {
    ShardGauge sum;
    double fraction = 0;  // of the stored bytes, 0 to 1
    double lines_per_second = 0, bytes_per_second = 0;
    std::optional<double> eta_seconds;
    double elapsed_seconds = 0;
    bool paused = false;  // every shard that has not ended
  };
  Totals Sum() const;
  const std::vector<ShardGauge>& shards() const { return shards_; }

 private:
  struct Moment {
    SteadyTime at;
    std::uint64_t lines, bytes, stored;
  };
  ShardGauge& At(int shard) { return shards_.at(static_cast<std::size_t>(shard)); }
  Moment Now(SteadyTime now) const;
  bool Paused() const;

  std::vector<ShardGauge> shards_;
  std::deque<Moment> moments_;
  const SteadyTime start_;
  SteadyTime now_;
  std::optional<SteadyTime> paused_at_;
};

// A line each shard, as many as fit into `rows`, how many do not, and two lines for the total: its
// bar; the times, the rates. No line is wider than `columns`; names are cut on the left.
std::vector<std::string> Bars(const ProgressState& state, std::size_t columns, std::size_t rows);

// "45 %, 2,345,678 lines, 120,000 lines/s, 180.0 MB/s, 12 errors, 1m 12s left, 59 s elapsed".
std::string ProgressLine(const ProgressState& state);

}  // namespace reprocess
