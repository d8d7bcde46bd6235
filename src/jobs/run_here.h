// `reprocess run` as a use case: plan a job, store the plan, and replay it here, N shards side by
// side; or take up a stored plan again.
//
//   planned    a job id whose plan nobody has begun starts as it was planned: what was looked at then
//              is looked at again, and nothing is asked but what has changed
//   resume     a job id that has a plan goes on from it: configuration, destination and number of
//              shards are the plan's, and a request that says otherwise is refused. Files found now
//              that the plan lacks are reported and left to a new job
//   errors     of PrepareRun: nothing was sent. ExecuteRun has none: its report tells
//   threads    ExecuteRun starts one thread a shard; the observer is called from all of them
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/repository.h"
#include "jobs/plan_job.h"
#include "model/destination.h"
#include "model/job_config.h"
#include "model/settings.h"
#include "model/stores.h"
#include "model/stream_map.h"
#include "plan/discover.h"
#include "plan/make_plan.h"
#include "plan/retry.h"
#include "store/queries.h"
#include "worker/run_shard.h"

namespace reprocess {

struct PreparedRun;

struct RunRequest {
  std::vector<std::string> paths;  // may be empty where job_id has a plan
  std::string version_id;          // of the one S3 object in `paths`; empty = the current one
  std::string manifest;            // instead of `paths` (plan/manifest.h)
  std::string job_id;              // empty: a new one is made
  JobConfig given;                 // its json: those keys of config.json that were asked for
  // By how much the limit of a job that goes on is raised; 0: it has none from now on.
  std::optional<std::uint64_t> more_limit;
  std::optional<Destination> destination;  // asked for by name; empty members are not asked for
  KafkaSettings kafka;                     // where destination does not say; brokers may be empty
  int shards = 0;                          // 0: one a core, at most one a file
  Settings settings;
  RepositoryAccess repository;
  std::optional<RetryRequest> retry;  // instead of paths
  bool again = false;                 // send once more what an earlier job has sent or taken up
  Begun begun = Begun::kHere;         // of a new job; kNot: it is planned alone
  bool new_only = false;              // leave out what an earlier job has sent
  Narrow narrow{};                    // of a new job (plan/make_plan.h)
  CallKey call{};                     // that asks for a new job
  // Asked, where `again` is not set, whether to go on all the same; absent: no.
  std::function<bool(const std::string& why)> ask_again;
  // Asked before a new job is stored, whether this is what was meant; absent: yes.
  std::function<bool(const PreparedRun& run)> confirm;
  std::function<void(Step)> step;  // told before each; may be absent
};

struct PreparedRun {
  std::string job_id;
  bool resumed = false;
  Destination destination;
  KafkaSettings kafka;  // with the destination's brokers and topic
  JobConfig config;
  int shards = 1;
  std::vector<FileItem> files;
  std::uint64_t bytes = 0;                 // stored, of all files
  std::vector<std::uint64_t> shard_bytes;  // … of each shard
  std::vector<IgnoredFile> ignored;
  std::vector<std::string> changed;  // no longer what the plan saw
  std::vector<std::string> warnings;
  std::unique_ptr<const StreamMap> streams;  // the repository; nullptr: it was not asked
  Counters before;                           // of earlier runs of this job
  Checked checked;
  std::optional<Expectation> expected;
  // Of a retry: the job whose lines it sends, and that one's other retries when it was planned.
  std::string retry_of{};
  std::vector<std::string> earlier_retries{};
};

Result<PreparedRun> PrepareRun(const RunRequest& request, const World& world,
                               const std::stop_token& stop);

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void Progress(int shard, const WorkerRow& row) = 0;
  virtual void Waiting(int shard, const std::string& why) = 0;  // empty: goes on
  virtual void Ended(int shard, const ShardReport& report) = 0;
};

struct ShardResult {
  int index = 0;
  Outcome outcome = Outcome::kFailed;
  std::string message;
  Counters counters;
};

struct RunReport {
  Outcome outcome = Outcome::kFailed;
  std::string job_id;
  bool dry_run = false;    // success: what would be sent
  bool cancelled = false;  // meanwhile, and for good
  std::vector<ShardResult> shards;
  Counters counters, before;             // of the whole job; of earlier runs of it
  std::array<std::uint64_t, 6> files{};  // by FileState
  std::vector<FileRow> failed_files;
  std::vector<std::string> retries;  // jobs that were made of what it could not send
  std::vector<StoredError> errors;   // lines by reason, a sample each
  double seconds = 0;
  std::vector<std::string> unbalanced;  // where the books do not hold; a bug
  std::vector<std::string> warnings;  // what the report lacks, and why; filters that match nothing
  Milliseconds linger{0};             // at most, until the end has been scraped

  // Whether the job can go on by itself: a shard has work left, or files that may be read by now.
  bool unfinished() const;
};

// `tell` is given the report as soon as it is complete: before the waiting for a last scrape.
Outcome ExecuteRun(const RunRequest& request, const PreparedRun& run, const World& world,
                   RunObserver& observer, const std::function<void(const RunReport&)>& tell,
                   const std::stop_token& stop);

// Whether the books of a job hold: each shard's own, those of files (`unbalanced` has the rows that do
// not add up), and the sum of the files against the shards' where all shards have finished. Says
// where not; rows of files that were lost are no such problem.
struct BooksBalance {
  std::vector<std::string> problems;
  std::string lost;  // what the files lack of the shards; empty: nothing
};
BooksBalance CheckBalance(const std::vector<ShardResult>& shards, const Counters& of_files,
                          const std::vector<FileRow>& unbalanced);

}  // namespace reprocess
