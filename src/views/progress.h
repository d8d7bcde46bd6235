// How far the shards of a running job are, how fast, and how long it still takes. Pure.
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
  std::optional<Outcome> ended;
};
double FractionOf(const ShardGauge& shard);  // of its stored bytes, 0 to 1

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

}  // namespace reprocess
