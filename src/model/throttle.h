// How far a replay may load what live traffic uses too: limits, what an operator changes while it
// runs, and what the delivering stage is told and tells (docs/throttling.md). Besides, how many
// errors end a shard.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/max_errors.h"

namespace reprocess {

// What config.json calls the limits, in the order of ThrottleLimits.
inline constexpr std::array<std::string_view, 5> kLimitKeys = {
    "max_messages_per_second", "max_bytes_per_second", "max_consumer_lag", "lag_groups",
    "max_errors"};

// Of the whole job; 0 and empty are no limit.
struct ThrottleLimits {
  std::uint64_t max_messages_per_second = 0;
  std::uint64_t max_bytes_per_second = 0;  // of values
  std::uint64_t max_consumer_lag = 0;      // records; counts only where lag_groups are named
  std::vector<std::string> lag_groups{};   // consumer groups of the destinations topic
  std::optional<MaxErrors> max_errors{};   // of each shard

  bool WatchesLag() const { return max_consumer_lag > 0 && !lag_groups.empty(); }
  // Whether there is something that the job's shards share.
  bool Shared() const {
    return max_messages_per_second > 0 || max_bytes_per_second > 0 || WatchesLag();
  }
  bool operator==(const ThrottleLimits&) const = default;
};

// A row of reprocessing_controls: what wins over the job's configuration; nullopt: nothing does.
struct JobControls {
  bool paused = false;
  std::optional<std::uint64_t> max_messages_per_second{}, max_bytes_per_second{},
      max_consumer_lag{};
  std::optional<std::vector<std::string>> lag_groups{};
  std::optional<MaxErrors> max_errors{};

  bool operator==(const JobControls&) const = default;
};

// What to change in such a row; nullopt leaves a column as it is.
struct ControlsChange {
  std::optional<bool> paused{};
  std::optional<std::optional<std::uint64_t>> max_messages_per_second{}, max_bytes_per_second{},
      max_consumer_lag{};
  std::optional<std::optional<std::vector<std::string>>> lag_groups{};
  std::optional<std::optional<MaxErrors>> max_errors{};
};

inline ThrottleLimits LimitsOf(ThrottleLimits configured, const JobControls& controls) {
  return {controls.max_messages_per_second.value_or(configured.max_messages_per_second),
          controls.max_bytes_per_second.value_or(configured.max_bytes_per_second),
          controls.max_consumer_lag.value_or(configured.max_consumer_lag),
          controls.lag_groups.value_or(std::move(configured.lag_groups)),
          controls.max_errors ? controls.max_errors : configured.max_errors};
}

// The group that is furthest behind, seen at one moment.
struct LagReading {
  std::uint64_t number = 0;  // counts readings; 0: none yet
  SteadyTime began{};        // what was committed later may be missing in `lag`
  std::string group{};
  std::uint64_t lag = 0;  // records on the whole topic
  std::string problem{};  // why there is no lag to go by; else empty
};

// What the throttle goes by at this moment.
struct ThrottleInputs {
  bool paused = false;
  ThrottleLimits limits{};
  int shards_alive = 1;  // that share the limits, this one among them
  LagReading lag{};      // where limits.WatchesLag()
};

// Threads: any. Never waits for a database or a broker.
class ThrottleSource {
 public:
  virtual ~ThrottleSource() = default;
  virtual ThrottleInputs Inputs() = 0;
  // Beyond which the shard ends; nullopt: never.
  virtual std::optional<MaxErrors> MostErrors() = 0;
};

// What a shard says that an operator holds back.
inline constexpr std::string_view kPausedText = "paused";

enum class Hold : std::uint8_t { kNone, kPaused, kRate, kLag };

// What holds a shard back at this moment.
struct ThrottleState {
  Hold hold = Hold::kNone;
  std::string why{};  // "paused", "rate limit", "consumer lag 12,345 of group g"; empty: nothing
  double messages_per_second = 0, bytes_per_second = 0;  // this shard may; 0 = no limit
  std::uint64_t consumer_lag = 0;   // as last read, of the group that is furthest behind
  Milliseconds broker_throttle{0};  // the delay of a broker's quota, as last told
  bool operator==(const ThrottleState&) const = default;
};

}  // namespace reprocess
