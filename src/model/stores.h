// The seams to the database: control rows of shards, error and file rows, rows of workers and jobs.
// store/ implements all three over PostgreSQL and SQLite; docs/tables.md has the schema.
//
//   errors     kWait: the database is away, the call may be made again; kFenced: a newer owner's
//              row is there; kStop otherwise (Code kNotAuthorized when a right is missing)
//   threads    any; calls of one object are serialised inside
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/checkpoint.h"
#include "model/counters.h"
#include "model/job_config.h"
#include "model/position.h"
#include "model/reason.h"
#include "model/throttle.h"

namespace reprocess {

struct ShardRef {
  std::string job_id;
  int index = 0;
};

// Who has a shard. The id is drawn when the process starts.
struct Owner {
  std::string id;  // random, 16 hexadecimal digits
  std::string host;
  std::uint64_t generation = 0;  // of the claim; 0 = not claimed yet
};

enum class Mode : std::uint8_t { kExactlyOnce, kAtLeastOnce, kFiles, kDryRun };
std::string_view NameOf(Mode mode);  // "exactly_once", "at_least_once", "files", "dry_run"

// A row of reprocessing_shards.
struct ShardRow {
  Mode mode = Mode::kExactlyOnce;
  Owner owner;
  Milliseconds heartbeat_age{0};  // by the database's clock
  std::int64_t heartbeat_ms = 0;  // the value itself: it moves while an owner lives
  std::string checkpoint;         // authoritative in at_least_once, else a copy
  std::vector<std::int64_t> start_offsets, end_offsets;
  std::string throttle;    // what holds its owner back, as it last said; empty: nothing
  std::string stopped_at;  // RFC 3339: when it was given back; or empty
  std::optional<std::uint64_t> stored_bytes{};  // read so far, as its owner last said
  // Records, where a limit asks for it, as its owner last read it.
  std::optional<std::uint64_t> consumer_lag{};

  // Whether its owner has said that it has ended, so that nobody need be watched for.
  bool given_back() const { return heartbeat_ms == 0; }
};

class ShardStore {
 public:
  virtual ~ShardStore() = default;
  // An error (kNotAuthorized; its hint has the statements to run) where the tables are missing and
  // could not be made. Every other call does nothing then.
  virtual Result<void> Available() const = 0;
  virtual Result<std::optional<ShardRow>> Find(const ShardRef& shard) = 0;

  // Stores mode, owner, generation and checkpoint, with a fresh heartbeat, where there is no row or
  // one of a lower generation or of this owner; else kFenced. `start_offsets` stay those of the
  // first claim, and end offsets that were stored are forgotten.
  virtual Result<void> Claim(const ShardRef& shard, Mode mode, const Owner& owner,
                             const std::string& checkpoint,
                             const std::vector<std::int64_t>& start_offsets) = 0;

  // Stores the checkpoint and a fresh heartbeat where owner and generation are ours; else kFenced.
  // In these three and in the two of ControlStore, a row that was lost since this object claimed the
  // shard (a DELETE, a failover to an earlier owner's) is put in again.
  virtual Result<void> StoreCheckpoint(const ShardRef& shard, const Owner& owner,
                                       const std::string& checkpoint) = 0;
  virtual Result<void> Heartbeat(const ShardRef& shard, const Owner& owner) = 0;
  virtual Result<void> StoreEnd(const ShardRef& shard, const Owner& owner,
                                const std::vector<std::int64_t>& end_offsets) = 0;

  // Checkpoints of the job's claimed shards, by index, as the rows have them; none of a dry run.
  virtual Result<std::map<int, std::string>> Checkpoints(const std::string& job_id) = 0;

  // The text of the job's print (model/job_print.h); nullopt where there is none, and where its
  // table is missing or may not be used: storing one does nothing then.
  virtual Result<std::optional<std::string>> FindPrint(const std::string& job_id) = 0;
  // Stores it where there is none yet.
  virtual Result<void> StorePrint(const std::string& job_id, const std::string& text) = 0;
};

// A row of reprocessing_errors: neighbouring lines that failed for one reason.
struct ErrorRow {
  int list_position = 0;
  std::uint64_t first_byte = 0, end_byte = 0;  // [first, end) in the decompressed file
  std::uint64_t count = 0;
  std::uint64_t first_line = 0, last_line = 0;  // 0: not known (a part of a file, by offset)
  Reason reason = Reason::kInvalidJson;
  std::string message;
  std::string sample;        // of the first line, at most 1 KiB, any bytes
  bool approximate = false;  // past max_error_rows: other lines lie in between
  bool operator==(const ErrorRow&) const = default;
};

enum class FileState : std::uint8_t { kPlanned, kReading, kDone, kFailed, kPartial, kNotRead };
std::string_view NameOf(FileState state);  // "planned", "reading", "done", …, "not_read"

// A row of reprocessing_files. A failed file goes on from `place`.
struct FileRow {
  int list_position = 0;
  std::string path;
  std::uint64_t size = 0;  // as listed
  std::string version_tag;
  FileState state = FileState::kPlanned;
  std::string failure;  // why, where state is kFailed
  FilePlace place;      // where reading stopped or ended
  std::uint64_t uncounted_bytes = 0;
  Counters counters;
  // What the list says of it besides: which version, which part, and whose keys.
  std::string version_id;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
  std::vector<ByteRange> ranges;
  std::string key_path;
  LineSet line_set;  // no column: store/queries.h has it where it is asked for
  bool operator==(const FileRow&) const = default;
};

// A row with what the list says of a file, and the item of the list that such a row speaks of.
FileRow RowOf(const FileItem& item);
FileItem ItemOf(const FileRow& row);

struct FilesSum {
  Counters counters;
  std::uint64_t failed = 0;  // files
  bool operator==(const FilesSum&) const = default;
};

class Ledger {
 public:
  virtual ~Ledger() = default;
  // False where rows do not outlive this process, for want of tables: failed files are in memory.
  virtual bool Durable() const = 0;

  // Makes the rows durable in one database transaction; a row with the same key is replaced.
  // Sets started_at at a file's first row and finished_at at a final state.
  virtual Result<void> Store(const ShardRef& shard, const Owner& owner,
                             std::span<const ErrorRow> errors, std::span<const FileRow> files) = 0;

  // Forgets what was stored ahead of the committed place: error rows at or past it of its own file;
  // in the first pass those of all files above it too, whose rows go back to planned.
  virtual Result<void> Rewind(const ShardRef& shard, const Owner& owner, Pass pass,
                              int list_position, std::uint64_t byte) = 0;

  // This shard's first failed files at or past list position `from`, no more than `most`.
  virtual Result<std::vector<FileRow>> FailedFiles(const ShardRef& shard, int from, int most) = 0;

  // How many error rows this file has, to know after a restart when max_error_rows is reached.
  virtual Result<std::uint64_t> CountErrorRows(const ShardRef& shard, int list_position) = 0;

  // The sum of the shard's file rows, which is the other side of the balance at the end.
  virtual Result<FilesSum> SumOfFiles(const ShardRef& shard) = 0;

  // Marks what the limit has cut, in one statement: the file at this list position as partial,
  // where it was begun and a claim put it back to planned; this shard's planned files behind it,
  // and the first one too where it was not begun, as not read. Answers how many are not read.
  virtual Result<std::uint64_t> MarkCut(const ShardRef& shard, const Owner& owner,
                                        int list_position, bool begun) = 0;

  // Deletes the shard's error and file rows, for a dry run that begins anew and for a reset.
  virtual Result<void> Clear(const ShardRef& shard) = 0;
};

enum class WorkerStatus : std::uint8_t { kPending, kRunning, kCompleted, kFailed, kCancelled };
std::string_view NameOf(WorkerStatus status);

// What a shard says of itself besides its checkpoint; nullopt leaves a column as it is.
struct ShardSigns {
  std::optional<std::string> throttle{};  // what holds it back; empty: nothing
  std::optional<std::uint64_t> stored_bytes{};
  std::optional<std::uint64_t> consumer_lag{};
};

// What an operator changes while a job runs, and what shards say of it.
class ControlStore {
 public:
  virtual ~ControlStore() = default;
  // Nothing is changed where there is no row. kNotAuthorized where the table is missing or may not
  // be read.
  virtual Result<JobControls> Controls(const std::string& job_id) = 0;
  // How many shards of the job have an owner that gave a sign within `age`, by the database's
  // clock; 0 where our tables are missing.
  virtual Result<int> ShardsAlive(const std::string& job_id, Milliseconds age) = 0;
  // Stores them where owner and generation are ours; else kFenced.
  virtual Result<void> StoreSigns(const ShardRef& shard, const Owner& owner,
                                  const ShardSigns& signs) = 0;
  // The last thing that an owner writes, when it will touch nothing more, so that whoever comes
  // next need not watch whether it lives. Stored where owner and generation are ours; else kFenced.
  virtual Result<void> GiveBack(const ShardRef& shard, const Owner& owner) = 0;
};

// What a worker tells the world: its row of reprocessing_workers, and the progress display.
struct WorkerRow {
  WorkerStatus status = WorkerStatus::kRunning;
  std::string current_file, current_ts;
  std::uint64_t current_line = 0;
  std::uint64_t assigned_files = 0, processed_files = 0;
  std::uint64_t total_bytes = 0, processed_bytes = 0;
  // How many of total_bytes, which are stored bytes, have been read so far. Of a file under way and
  // of one that failed, those up to where it was read count. Not a column of the row.
  std::uint64_t stored_bytes = 0;
  Counters counters;
  std::string error;  // the last one
};

struct JobRow {
  std::string id, status, config;  // config: JSON text
  int total_workers = 0, total_files = 0;
  int listed_files = 0;         // total_files, and those before start_file
  bool made_by_worker = false;  // its last worker ends it
};

class StatusStore {
 public:
  virtual ~StatusStore() = default;
  virtual Result<std::optional<JobRow>> FindJob(const std::string& id) = 0;

  // Inserts the job's row where there is none, marked as ours, with status running. A row made by
  // somebody who counted the files before start_file gets the right total_files.
  virtual Result<void> EnsureJob(const JobRow& row) = 0;
  // A job row of our own that had ended goes back to running.
  virtual Result<void> ReopenJob(const std::string& id) = 0;

  // Before the claim: inserts the worker's row when there is none.
  virtual Result<void> EnsureWorker(const ShardRef& shard, const WorkerRow& row) = 0;
  // Before the claim: `failed` with `error`, only if the row has not moved since EnsureWorker.
  virtual Result<void> FailUnclaimed(const ShardRef& shard, const std::string& error) = 0;
  // After the claim: writes the row where its generation is not higher than the owner's.
  virtual Result<void> PutWorker(const ShardRef& shard, const Owner& owner,
                                 const WorkerRow& row) = 0;

  // Ends a job row that a worker made, once all `total_workers` rows of it are final. It is one
  // statement, which locks the job row.
  virtual Result<void> EndJobIfLast(const std::string& id) = 0;
};

}  // namespace reprocess
