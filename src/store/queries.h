// What the operator's command asks of the books: plans, jobs, shards, errors. Each call opens
// nothing: it works on the connection of the object that OpenQueries made.
//
//   errors     as in model/stores.h; an unknown job is Code kNotFound
//   reasons    rows of workers hold only sums: their Counters have all skipped lines under kBlank
//              and all errors under kInvalidJson, so that skipped() and errors() are right. By
//              reason: Files() and ErrorTotals()
//   plans      StorePlan marks the job's row as one of ours (store/text.h), so that it is known who
//              ends it; LoadPlan takes the mark out again
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/checkpoint.h"
#include "model/job_config.h"
#include "model/stores.h"
#include "store/planned_files.h"

namespace reprocess {

// Who has begun a job that has a plan, and so ends it.
enum class Begun : std::uint8_t {
  kNot,        // planned alone: its row is pending
  kHere,       // `reprocess run`: its last shard ends it
  kElsewhere,  // it was submitted, or cancelled: no worker ends or re-opens it
};

// What one worker of a plan has to do.
struct PlannedShare {
  std::uint64_t files = 0, bytes = 0;  // parts of files too; stored bytes
};

// The Idempotency-Key of the call that makes a job: hashes of it and of the call's body. Empty: none.
struct CallKey {
  std::string hash{}, body_hash{};
};

// A job's plan as it was stored: rows of reprocessing_files in state planned, and the
// configuration in the job's row.
struct Plan {
  std::string job_id;
  std::string config;  // JSON text: config.json's keys, and "destination" (what LoadPlan returns)
  int total_workers = 1;
  PlannedFiles files;          // by list position
  Begun begun = Begun::kHere;  // StorePlan: not kElsewhere
  // By shard, for workers' rows that are there before the workers: of a plan that is not begun.
  // LoadPlan leaves it empty.
  std::vector<PlannedShare> shares{};
  // StorePlan keeps it with the job, in one transaction. LoadPlan leaves it empty.
  CallKey call{};
};

// That a job was given to Kubernetes.
struct KubernetesNote {
  std::string phase{};  // what happens now and why it waits; or empty
  bool ended = false;   // all that there was to do is done
  std::string name_space{}, submitted_by{}, reason{};
};

struct JobSummary {
  std::string id, status, created_at, started_at, completed_at, error;  // times RFC 3339 or empty
  int total_workers = 0, total_files = 0;
  std::string config;
  WorkerRow sum;  // over its workers; `error` the latest
  std::optional<KubernetesNote> kubernetes{};
  std::string kubernetes_name{};  // of the Job that it was given to; or empty

  // Among how many its files are shared out: `total_workers`, or where the row has none, all of the shards
  // that were `begun`, one at the least.
  int workers(std::size_t begun) const {
    return total_workers > 0 ? total_workers : std::max(1, static_cast<int>(begun));
  }
};

// A page of the list of jobs, newest first.
struct JobPick {
  std::string status{};  // those alone; empty: all
  std::string after{};   // those behind this job; empty: from the newest on
  int most = std::numeric_limits<int>::max();
};

struct ShardSummary {
  int index = 0;
  WorkerStatus status = WorkerStatus::kPending;
  WorkerRow worker;
  std::string started_at, updated_at, completed_at;
  std::optional<ShardRow> shard;           // absent: never claimed, or no table of ours
  std::optional<Checkpoint> checkpoint{};  // the shard's; absent where it cannot be read, too
};

// What the rows of a job say of it, of one moment.
struct JobRows {
  JobSummary job;
  std::vector<ShardSummary> shards;
  JobControls controls;
  std::vector<std::string> retries;  // of it, oldest first
};

// What the rows of several jobs say of them, of one moment.
struct JobsPage {
  std::vector<JobSummary> jobs;
  std::map<std::string, std::vector<ShardSummary>> shards;  // of those that have any
  std::set<std::string> paused;
};

// What the rows of a job's files sum to.
struct FilesTotal {
  std::array<std::uint64_t, 6> states{};  // files, by FileState
  Counters counters;
};

// Which of a job's files; all of them as it stands.
struct FilePick {
  std::optional<FileState> state{};
  bool unbalanced = false;  // those whose lines or bytes do not add up
  int from = 0;             // the first list position that counts
  int most = std::numeric_limits<int>::max();
};

struct StoredError {
  int shard = 0;
  std::string path;
  ErrorRow row;
};

// A page of a job's error rows, by file and byte.
struct ErrorPlace {
  int list_position = 0;
  std::uint64_t first_byte = 0;
};
struct ErrorPick {
  std::optional<Reason> reason{};     // of this one alone
  std::optional<ErrorPlace> after{};  // behind the row of this place
  int most = std::numeric_limits<int>::max();
};

// Files of a plan that another job is reading, or is about to.
struct PlanOverlap {
  std::string job_id, config;  // the other's
  std::uint64_t files = 0;
  std::string path;  // of one of them
};

// Lines of one reason that say the same, as the first line of each row says it.
struct ErrorGroup {
  Reason reason = Reason::kUnknownStream;
  std::string message;
  std::uint64_t lines = 0;
};

// Where lines of a file are that were not sent.
struct ErrorRange {
  std::uint64_t first = 0, end = 0;  // [first, end) in the decompressed file
  std::uint64_t count = 0;           // lines
  Reason reason = Reason::kInvalidJson;
  bool approximate = false;  // other lines lie in between
};

// A file that another job has sent lines of into Kafka, or is about to.
struct ReplayedFile {
  std::string job_id;
  int list_position = 0;
  std::string path, key_path;  // key_path: whose keys its lines had; path where the row has none
  std::string version_tag;
  FileState state = FileState::kDone;
  std::uint64_t place = 0;            // where reading ended, in decompressed bytes
  std::optional<std::uint64_t> hash;  // of all bytes before it
  bool to_end = true;                 // what lies behind the place was its own too
  // Its shard has not committed the end of it, as far as the stored checkpoint knows: not all of what
  // the row says may have been sent, and more than that may have been.
  bool unfinished = false;
};

// What the last verify of a job has found, in numbers.
struct VerifyResult {
  std::string verdict;  // "all_there", "wrong" or "unverified"
  std::string at{};     // RFC 3339, by the database's clock
  bool counts_only = false;
  std::uint64_t sent = 0, expected = 0, found = 0;  // lines
  std::uint64_t missing = 0, doubled = 0, altered = 0;
  std::uint64_t doubts = 0;  // things that kept lines from being verified
  bool operator==(const VerifyResult&) const = default;
};

class Queries {
 public:
  virtual ~Queries() = default;
  // An error (kNotAuthorized, its hint the statements to run) when our tables are missing.
  virtual Result<void> Available() const = 0;
  // kConflict when the job exists, or another one was made by a call of the same key.
  virtual Result<void> StorePlan(const Plan& plan) = 0;
  // Deletes all of a job that is planned alone: nobody has begun, submitted or cancelled it. False: it is
  // no such job. kNotAuthorized where this user may not delete rows of jobs.
  virtual Result<bool> ForgetPlan(const std::string& job_id) = 0;
  virtual Result<std::optional<Plan>> LoadPlan(const std::string& job_id) = 0;
  // The lines that are sent of a plan's files, by list position, where they are a set
  // (model/line_set.h): of one file, or of all. FileRows come without.
  virtual Result<std::map<int, LineSet>> LineSets(const std::string& job_id,
                                                  std::optional<int> list_position = {}) = 0;
  // What an unfinished search has found out, any bytes, under its name (SHA-256 in hexadecimal); empty:
  // nothing, or no table for it. Those of a week ago are forgotten when one is stored.
  virtual Result<std::string> Search(const std::string& name) = 0;
  virtual Result<void> StoreSearch(const std::string& name, const std::string& state) = 0;
  virtual Result<void> DropSearch(const std::string& name) = 0;
  // Makes a planned job one that runs here, with this configuration. kConflict where somebody has
  // begun it, or cancelled it.
  virtual Result<void> TakeUpPlan(const std::string& job_id, const std::string& config) = 0;
  // Replaces the configuration of a plan that runs here by one under which more is to be done: what had
  // ended goes on, until its last worker has ended again. A cancelled job stays so.
  virtual Result<void> GiveMoreToDo(const std::string& job_id, const std::string& config) = 0;
  // What `reads` asks of these queries is of one moment, and it asks nothing that changes rows.
  virtual Result<void> AtOneMoment(const std::function<Result<void>()>& reads) = 0;
  virtual Result<std::vector<JobSummary>> Jobs(const JobPick& pick = {}) = 0;
  virtual Result<JobSummary> Job(const std::string& job_id) = 0;
  // Asked in one go, as PageOf (Session::SelectTogether).
  virtual Result<JobRows> RowsOf(const std::string& job_id) = 0;
  virtual Result<std::vector<ShardSummary>> Shards(const std::string& job_id) = 0;
  virtual Result<JobsPage> PageOf(const JobPick& pick) = 0;
  // By list position; none where there is no such table.
  virtual Result<std::vector<FileRow>> Files(const std::string& job_id,
                                             const FilePick& pick = {}) = 0;
  // Of those at or past list position `from`; the database adds them up.
  virtual Result<FilesTotal> TotalOfFiles(const std::string& job_id, int from = 0) = 0;
  // Paths by list position, of those of these that have a row.
  virtual Result<std::map<int, std::string>> Paths(const std::string& job_id,
                                                   const std::set<int>& positions) = 0;
  // List positions whose row is not of the shard that has them in a job of `shards`.
  virtual Result<std::vector<int>> MisplacedFiles(const std::string& job_id, int shards) = 0;
  virtual Result<std::vector<StoredError>> Errors(const std::string& job_id,
                                                  const ErrorPick& pick = {}) = 0;
  // Of one file, by first byte.
  virtual Result<std::vector<ErrorRange>> ErrorRanges(const std::string& job_id,
                                                      int list_position) = 0;
  // Lines by error reason: sums of `count`, and one sample row each.
  virtual Result<std::vector<StoredError>> ErrorTotals(const std::string& job_id) = 0;
  // Of lines whose stream was not known or has no destination: by message, most lines first.
  virtual Result<std::vector<ErrorGroup>> ErrorStreams(const std::string& job_id, int most) = 0;
  // What jobs other than `job_id` have replayed into Kafka of files with one of these base names,
  // by job and list position. `names` are sorted.
  virtual Result<std::vector<ReplayedFile>> Replayed(std::span<const std::string_view> names,
                                                     const std::string& job_id) = 0;
  // Jobs that run, or are being started, with whole files, or beginnings of files, of this plan, by
  // job.
  virtual Result<std::vector<PlanOverlap>> BeingSent(const std::string& job_id) = 0;
  // Says of a planned job that it is being started, by a start time, or that it is not. Nothing of one
  // that has begun.
  virtual Result<void> SetStarting(const std::string& job_id, bool starting) = 0;
  // Why nobody works on a job that has not ended, in its row's error; empty: somebody does.
  virtual Result<void> TellWhyStopped(const std::string& job_id, const std::string& why) = 0;
  // Jobs that retry this one, oldest first.
  virtual Result<std::vector<std::string>> RetriesOf(const std::string& job_id) = 0;
  // After a reset's checkpoint is committed: zeroes the shard's worker row (status pending),
  // deletes its error rows, sets its file rows back to planned, stores the checkpoint in its shard
  // row, and sets the job's row back to running.
  virtual Result<void> ClearShard(const ShardRef& shard, const Owner& owner,
                                  const std::string& checkpoint) = 0;
  // The job's print (model/job_print.h); false also without the right to see it. Forgotten, the job
  // may be begun as another one.
  virtual Result<bool> HasPrint(const std::string& job_id) = 0;
  virtual Result<void> ForgetPrint(const std::string& job_id) = 0;

  // What the job's row of reprocessing_controls changes; nothing where there is no such table.
  virtual Result<JobControls> Controls(const std::string& job_id) = 0;
  // kNotAuthorized, with the statements to run, where there is no such table.
  virtual Result<void> SetControls(const std::string& job_id, const ControlsChange& change) = 0;

  // None where there is no such table.
  virtual Result<std::optional<VerifyResult>> LastVerify(const std::string& job_id) = 0;
  // In place of the one before, `at` the database's; nothing is done where there is no such table.
  virtual Result<void> StoreVerify(const std::string& job_id, const VerifyResult& verdict) = 0;
};

}  // namespace reprocess
