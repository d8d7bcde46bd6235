// Gives a planned job to Kubernetes. Each step can be made again: whoever repeats a submission that
// was cut off anywhere ends where an undisturbed one would, with nothing doubled and nothing left.
//
//   order      the submission's row, and with it the turn to write; the Job, suspended; its uid in
//              the row; what it owns; the job's row running; then pods may start, one at first
//   turns      of two that submit a job, and of one that cancels it meanwhile, the last counts: the
//              others stop at their next step (kFenced) and delete what they made
//   names      are made of the job's: what is there under them before the Job has started is stale,
//              and so is, of a job that failed and goes on, its Job
//   errors     those of kube/api.h and of the database, both of which may be away (kWait)
//   threads    one at a time
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cluster/objects.h"
#include "cluster/seen.h"
#include "kube/api.h"
#include "store/plan_lists.h"
#include "store/queries.h"
#include "store/submissions.h"

namespace reprocess {

struct SubmitWorld {
  KubeApi& api;
  Submissions& submissions;
  std::string cluster;  // ClusterIdOf
};

// What a ConfigMap takes of a list, which is 1,048,576 bytes with its other keys (some 65,000 files);
// and what kubectl takes, whose annotations have the whole object once more.
inline constexpr std::size_t kMostListBytes = 1'048'576 - 1'024, kMostListBytesApplied = 200'000;

// What of a plan and of the values makes a job's objects; the same for a job that goes on under its
// id, where `values` are those that its submission kept. A list of more than `most_list_bytes` goes
// into the database. kInvalid: what cannot be, and why.
Result<JobMaterial> MaterialOf(const Plan& plan, Values values, const Environment& environment,
                               PlanLists& lists, std::size_t most_list_bytes = kMostListBytes);

// Asks the server whether it would take the Job, and changes nothing: what it says of the pods
// (pod security), and under which rules it must be made.
struct Acceptance {
  JobRules rules = JobRules::kPerShard;
  std::vector<std::string> warnings;
};
Result<Acceptance> AskServer(const JobMaterial& material, KubeApi& api,
                             const std::stop_token& stop);

// Runs what makes the job's rows say that it is being submitted, or refuses to.
using BeginSubmission = std::function<Result<void>(const std::function<Result<void>()>& work)>;

struct SubmitRequest {
  JobMaterial material;
  std::string plan_hash, submitted_by, reason;
  Take take = Take::kUnended;
  bool full_width = false;  // at once as many pods as wanted; else one, until GrowOnceSafe
  BeginSubmission begin = [](const auto& work) { return work(); };
};

// The row as it is once pods may start. A job that has been started before is left as it is.
Result<Submission> Submit(const SubmitRequest& request, const SubmitWorld& world,
                          const std::stop_token& stop);

// What the first pods say of whether more should start.
enum class Growth : std::uint8_t { kWait, kRaise, kGiveUp };
Growth GrowthOf(std::span<const ShardSummary> shards, std::span<const SeenPod> pods);

// Waits for the first commit, or the first shard that ended well, and lets as many pods run as are
// wanted by then. Where the first shard fails twice without a commit, or once for good, the Job is
// suspended and the job failed with that shard's error, which is the error here. `waits` is told what for, when it
// changes. Ends without a change when the job does, or is suspended, or taken over.
Result<void> GrowOnceSafe(const Submission& submission, const SubmitWorld& world, Queries& queries,
                          const std::function<void(const std::string&)>& waits,
                          const std::stop_token& stop);

}  // namespace reprocess
