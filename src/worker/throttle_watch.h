// What a shard's delivering stage is told: the job's limits as its configuration and its row of
// reprocessing_controls say, how many shards share them, and how far consumers are behind.
//
//   failures   what cannot be read stays as it was last known, at first the configuration's
//              values; each new reason is logged once
//   shares     until three heartbeat intervals after the first transaction all of the job's shards
//              count as alive: they may be starting too
//   threads    any; consumer lag is read by one thread of its own, once a second while it is asked
//              for
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "kafka/group_lag.h"
#include "model/stores.h"
#include "model/throttle.h"

namespace reprocess {

using LagReaderMaker = std::function<Result<std::unique_ptr<GroupLag>>(const std::string& group)>;

class ThrottleWatch final : public ThrottleSource {
 public:
  struct Job {
    std::string id;
    ThrottleLimits limits;  // of its configuration
    int shards = 1;
    Milliseconds heartbeat_interval{0};
    Milliseconds lag_interval{1'000};  // between readings
  };
  // Without `lag_reader` consumer lag is not watched, whatever limits say.
  ThrottleWatch(Job job, Clock& clock, LagReaderMaker lag_reader);
  ~ThrottleWatch() override;  // waits for a reading that is under way

  // Reads row and heartbeats.
  void Refresh(ControlStore& store);

  ThrottleInputs Inputs() override;
  std::optional<MaxErrors> MostErrors() override;

 private:
  int Alive(ControlStore& store, const ThrottleLimits& limits);
  void Warn(const Error& error);
  void WatchLag(const std::stop_token& stop);
  LagReading ReadLag(const std::vector<std::string>& groups);

  const Job job_;
  Clock& clock_;
  const LagReaderMaker lag_reader_;
  std::string warned_;                                       // Refresh's alone
  std::map<std::string, std::unique_ptr<GroupLag>> groups_;  // the lag thread's alone

  std::mutex mutex_;
  std::condition_variable_any changed_;
  ThrottleInputs inputs_;
  std::uint64_t readings_ = 0;
  std::optional<SteadyTime> first_asked_;
  std::jthread lag_thread_;
};

}  // namespace reprocess
