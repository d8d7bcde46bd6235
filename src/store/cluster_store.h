// What the one writes who keeps the jobs of a cluster's namespace true: its lease, and under it what
// became of their pods and of them.
//
//   lease      one a cluster and namespace, by the database's clock. Each taking of it has a higher
//              generation than any before, and every write under a lease names its generation in the
//              same statement: a holder that was frozen writes nothing more once another has taken it
//   errors     as in model/stores.h; kFenced: the lease is another's by now. kNotAuthorized, with the
//              statements to run, where the tables are missing; reading answers nothing then
//   threads    any; calls of one object are serialised inside
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

struct Lease {
  std::string name;   // of what: cluster and namespace
  std::string owner;  // random, of the process
  std::uint64_t generation = 0;
};

// A pod that has ended.
struct PodRow {
  std::string uid{}, job_id{}, name{};
  int worker_index = 0;
  std::string started_at{}, ended_at{};  // RFC 3339, as the cluster says; or empty
  std::optional<int> exit_code{};        // nullopt: its container was never seen to end
  std::string reason{};                  // "OOMKilled", "DisruptionTarget: …", or empty
  std::string log{};                     // its last lines, with their times in front
  bool operator==(const PodRow&) const = default;
};

// What is told of a job that was submitted. Nothing is written where somebody has submitted or
// cancelled it since that generation of its submission.
struct JobPhase {
  std::string job_id;
  std::uint64_t submission = 0;
  std::string phase{};  // what happens now and why it waits; or empty
  bool ended = false;   // nothing will happen any more
};

// How a job ended; nothing is written as above.
struct JobEnd {
  std::string job_id;
  std::uint64_t submission = 0;
  std::optional<std::string> failure{};  // nullopt: it has completed
};

class ClusterStore {
 public:
  virtual ~ClusterStore() = default;
  virtual Result<void> Available() const = 0;

  // Where nobody has it, or whoever had it has let it expire; nullopt: it is another's. It expires
  // after `life`.
  virtual Result<std::optional<Lease>> TakeLease(const std::string& name, const std::string& owner,
                                                 Milliseconds life) = 0;
  virtual Result<void> RenewLease(const Lease& lease, Milliseconds life) = 0;
  // Nobody need wait for it any more; nothing where it is another's.
  virtual Result<void> ReleaseLease(const Lease& lease) = 0;

  // Replaces the row of that uid, but for its log where the new one has none.
  virtual Result<void> StorePod(const Lease& lease, const PodRow& pod) = 0;
  // Oldest first.
  virtual Result<std::vector<PodRow>> Pods(const std::string& job_id) = 0;

  virtual Result<void> StorePhase(const Lease& lease, const JobPhase& phase) = 0;
  // The job's row: `completed`, or `failed` with why; one that has ended already stays.
  virtual Result<void> EndJob(const Lease& lease, const JobEnd& end) = 0;
};

}  // namespace reprocess
