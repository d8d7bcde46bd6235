// Plans a job that tries again what another one could not send: the byte ranges of its ledger, and
// what lies past the places where its failed files stopped.
//
//   keys       are those of the first job, since they derive from path and byte
//   pinned     files are pinned to the versions that the first job read, and parts of files to the one
//              that was planned. A whole file that failed before its first line may be another one by
//              now, and so may a repaired one that begins alike
//   left out   approximate rows: good lines, which were sent, lie between their lines
//   no loop    the new job keeps its own ledger: what fails again is retried from that. Ranges that
//              an earlier retry of the same job has taken up are told in `taken_up`; where one has
//              taken up all, what failed again in that one can be retried instead
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/patience.h"
#include "base/result.h"
#include "model/destination.h"
#include "model/settings.h"
#include "model/storage.h"
#include "plan/plan_config.h"
#include "store/queries.h"

namespace reprocess {

// Which lines of another job are to be tried again.
struct RetryRequest {
  std::string job_id;
  bool lines = true;             // those that its ledger lists
  bool files = true;             // of its failed files, what lies past the place where they stopped
  std::optional<Reason> reason;  // of lines; all when absent
  // Failed files in their repaired versions (plan/repaired.h), which may lie elsewhere.
  bool repaired = false;
  std::string repaired_directory{};
  std::vector<std::string> moved{};
};

// Says which retry of the job has taken up what its failed files lack; empty where none has.
Result<std::string> FailedFilesTakenUp(const std::string& job_id, Queries& queries);

// What of a file is to be tried again; an item without a path where there is nothing. `repaired` is
// the version of a failed file to take it from, instead of its own.
FileItem ItemToRetry(const FileRow& file, const std::vector<ErrorRange>& errors,
                     const RetryRequest& request,
                     const std::optional<FileItem>& repaired = std::nullopt);

// Whether all bytes of `ours` are bytes of `theirs`.
bool Covers(const FileItem& theirs, const FileItem& ours);

struct Retry {
  PlanConfig config;                 // with a destination
  std::vector<std::string> earlier;  // retries of the job, when this one was planned
  std::vector<PlannedFile> files;
  std::string taken_up;      // by which earlier retry; or empty
  std::string all_taken_up;  // the job id of the last one that has taken up all of it; or empty
  std::vector<std::string> warnings;
};

// kNotFound where there is nothing to retry. What rows that are older than their shard's checkpoint (a
// restore, a failover) say of failed files is left out, with a warning. `kafka` counts where the job's
// own configuration names no destination.
// `patience` is for transactions of the job that are still open (kafka/committed.h).
Result<Retry> PlanRetry(const RetryRequest& request, const KafkaSettings& kafka, Queries& queries,
                        Storage& storage, const Patience& patience, const std::stop_token& stop);

}  // namespace reprocess
