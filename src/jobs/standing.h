// How a job stands, for somebody who was not there: its rows say what its workers last told, and a
// worker that was killed tells nothing.
//
//   signs      a shard's owner gives one every heartbeat interval. One that ends in order gives its
//              shard back; one that gives no sign for `life` is lost. `life` is a guess where its
//              interval is another
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/destination.h"
#include "model/outcome.h"
#include "model/settings.h"
#include "store/queries.h"

namespace reprocess {

enum class Standing : std::uint8_t {
  kPending,  // nobody has claimed it
  kRunning,
  kPaused,   // by the operator, and its owner waits
  kStopped,  // given back with work left
  kLost,     // its owner gives no sign, and did not say goodbye
  kCompleted,
  kFailed,  // finished with files that cannot be read, or ended by an error
  kCancelled,
};
std::string_view NameOf(Standing standing);  // "pending", "running", …

// How long a shard may be silent, where its owner has these settings.
inline Milliseconds LifeOf(const Settings& settings) {
  return settings.heartbeat_interval * 3;
}

// Where its checkpoint says that it has ended: its job was given more to do since (a limit that was
// raised), and nobody has begun that yet.
bool HasMoreToDo(const ShardSummary& shard);

Standing StandingOf(const ShardSummary& shard, Milliseconds life);

struct JobStanding {
  Standing standing = Standing::kPending;
  Milliseconds last_sign{0};  // kLost: how long ago, of the shard that was heard of last
  bool limit_reached = false, dry_run = false;
  bool unfinished = false;                 // work is left, or files that may be read by now
  bool ended = false;                      // all shards by themselves
  std::string retry_of;                    // the job whose failed lines it sends; or empty
  std::optional<Destination> destination;  // nullopt: its workers' own
  std::uint64_t stored_bytes = 0;          // read so far, of the sum's total_bytes
  double progress = 0;                     // by them, 0 to 1
  // As `reprocess run` ends where a job stands so; kStopped while somebody works on it, or work is
  // left and nobody failed; kFailed of one that is cancelled, once nobody works on it.
  Outcome outcome = Outcome::kStopped;
};
JobStanding StandingOf(const JobSummary& job, const std::vector<ShardSummary>& shards, bool paused,
                       Milliseconds life);

// From start to end, or to `now` while it runs; to the last that is known of it where it does not.
// nullopt: it has not started.
std::optional<double> SecondsOf(const JobSummary& job, const std::vector<ShardSummary>& shards,
                                const JobStanding& standing, WallTime now);

}  // namespace reprocess
