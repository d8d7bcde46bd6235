// What to do about a job that was submitted to Kubernetes, and what to tell of it, from what is
// known. Pure.
//
//   ends       by Kubernetes's word alone: when its Job says that it will not go on, or is gone, and
//              no pod of it is left. What the end is, checkpoints say (cluster/settle.h)
//   growth     of a job whose submitter did not stay for it
//   replaced   a pod that was followed by another is no failure
//   stopped    a job that may not succeed is suspended, with why, before it costs more pods; one of
//              which a worker has failed for good ends by that worker's error
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/seen.h"
#include "store/cluster_store.h"
#include "store/queries.h"
#include "store/submissions.h"

namespace reprocess {

struct KnownJob {
  JobSummary job;
  Submission submission;
  bool paused = false;
  std::vector<ShardSummary> shards{};
  std::vector<int> fruitless{};  // by shard: claims in a row that moved no checkpoint
  std::optional<SeenJob>
      object{};                 // of the recorded uid; of a cancelled job, whichever has its name
  std::vector<SeenPod> pods{};  // by their worker's index
  std::map<std::string, Milliseconds> ran{};  // by a pod's uid: for how long it was seen to run
  std::vector<PodRow> kept{};                 // pods that have ended
  std::vector<SeenEvent> events{};            // of the Job
};

enum class Act : std::uint8_t {
  kNothing,
  kGrow,     // from its first pod to as many as are wanted
  kSuspend,  // `phase` says why
  kDelete,   // the Job and its objects
  kEnd,      // no pod of it is left: the verdict is to be found
};

struct Decision {
  Act act = Act::kNothing;
  std::string phase{};    // for people; or empty
  std::string failure{};  // kEnd: why, where not all is done
};

// Planned or run by this program: its workers claim their shards.
bool IsOurs(const JobSummary& job);

// The first worker that failed for good; nullptr: none has.
const ShardSummary* FailedForGood(std::span<const ShardSummary> shards);

// nullptr: it has no row.
const ShardSummary* ShardOf(const KnownJob& job, int index);

Decision Decide(const KnownJob& job, WallTime now);

// Of the workers that failed, the first one's own error; else how the first pod that failed ended;
// else empty.
std::string FirstFailure(const KnownJob& job);

}  // namespace reprocess
