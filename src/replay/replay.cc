#include "replay/replay.h"

#include <algorithm>
#include <memory>
#include <span>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "model/key.h"
#include "replay/claim.h"
#include "replay/deliver.h"
#include "replay/filter_stage.h"
#include "replay/isolation.h"
#include "replay/ledger_stage.h"
#include "replay/read_stage.h"
#include "replay/threaded.h"
#include "replay/with_database.h"

namespace reprocess {
namespace {

// How far reading and judging may run ahead of delivery.
constexpr std::size_t kReadAheadBytes = 2 << 20;
constexpr std::size_t kJudgedAheadBytes = 2 << 20;
constexpr int kFailedAtOnce = 500;  // rows

bool IsStop(const Error& error) {
  return error.code == Code::kStopped;
}

// One shard's replay from claim to end: the state that outlives a pipeline.
class Replay {
 public:
  Replay(const ShardTask& task, const Ports& ports, std::stop_token stop)
      : task_(task),
        ports_(ports),
        stop_(std::move(stop)),
        owner_(task.owner),
        shard_{task.assignment.job_id, task.assignment.index},
        claimer_(task_, ports_, owner_) {}

  Result<ReplayOutcome> Run() {
    Result<ReplayOutcome> outcome = ClaimAndReplay();
    if (outcome) return outcome;
    const Error& error = outcome.error();
    if (IsStop(error)) return Ended(Outcome::kStopped, {});
    if (deliverer_ && deliverer_->too_many_errors()) {
      return Ended(Outcome::kTooManyErrors, error.ToString());
    }
    if (error.remedy == Remedy::kFenced) return Ended(Outcome::kFenced, error.ToString());
    return outcome;
  }

 private:
  Result<ReplayOutcome> ClaimAndReplay();
  Result<void> FirstPass();
  Result<void> RetryPass();
  Result<std::optional<FileRow>> NextFailed(int from);
  Result<void> EnterFailedFile(const FileRow& row);
  Result<ReplayOutcome> Finish();
  std::string FailedFilesMessage(const std::string& lost);
  // What the rows of files lack of the checkpoint, which is no reason not to end by it; empty:
  // nothing. An error where they contradict it.
  Result<std::string> CheckBooks();
  Result<void> MarkCutByLimit();
  // Runs a step until it passes: rewinds and claims again whenever the transaction is lost.
  Result<void> Persistently(const std::function<Result<void>()>& step);
  Result<void> AfterError(Error error);
  std::span<const FileItem> FilesFromHere() const;
  Result<void> Deliver(std::span<const FileItem> files);
  std::unique_ptr<Stage> Reading(std::span<const FileItem> files, std::stop_token stop) const;
  std::unique_ptr<Stage> Filtering(std::unique_ptr<Stage> reading) const;
  std::unique_ptr<Stage> Pipeline(std::span<const FileItem> files, std::stop_source pipeline_stop);
  bool LimitReached() const {
    return task_.assignment.limited && Now().shard.success >= task_.assignment.limit;
  }
  const Checkpoint& Now() const { return deliverer_->committed(); }
  ReplayOutcome Ended(Outcome end, std::string message) const {
    return {end, mode_, deliverer_ ? Now() : found_, owner_, std::move(message)};
  }

  const ShardTask& task_;
  const Ports& ports_;
  const std::stop_token stop_;
  Owner owner_;
  const ShardRef shard_;
  Claimer claimer_;
  Mode mode_ = Mode::kExactlyOnce;
  Checkpoint found_;
  std::unique_ptr<Sink> sink_;
  std::unique_ptr<Filter> filter_;
  Isolation isolation_{task_.config.batch_size};
  std::unique_ptr<Deliverer> deliverer_;
  std::vector<FileRow> failed_;  // the retry pass's next files
  SteadyTime trouble_deadline_ = SteadyTime::max();
  Backoff backoff_{Milliseconds(100), Milliseconds(5'000)};
};

Result<ReplayOutcome> Replay::ClaimAndReplay() {
  TRY(Claimed claimed, claimer_.AtStart(stop_));
  mode_ = claimed.mode;
  found_ = claimed.checkpoint;
  if (claimed.end != Outcome::kComplete) return Ended(claimed.end, claimed.message);
  sink_ = std::move(claimed.sink);
  filter_ = std::make_unique<Filter>(task_.config, ports_.streams, sink_->max_value_bytes());
  deliverer_ = std::make_unique<Deliverer>(task_, ports_, *sink_, isolation_, found_);
  Log(LogLevel::kInfo, "shard claimed",
      {{"delivery", NameOf(mode_)},
       {"owner", owner_.id},
       {"generation", owner_.generation},
       {"file", found_.list_position},
       {"byte", found_.place.byte}});
  ports_.observer.Progress(WorkerRowOf(task_, found_));
  Result<void> passed = Persistently([&] { return FirstPass(); });
  if (passed) passed = Persistently([&] { return RetryPass(); });
  if (!passed) {
    if (IsStop(passed.error())) deliverer_->Drain();
    return std::unexpected(std::move(passed).error());
  }
  return Finish();
}

Result<void> Replay::Persistently(const std::function<Result<void>()>& step) {
  for (;;) {
    const Checkpoint before = Now();
    Result<void> done = step();
    if (done) return done;
    const bool progress = !(Now().shard == before.shard) || !(Now().place == before.place) ||
                          Now().list_position != before.list_position;
    if (progress) {  // the trouble before it is over
      trouble_deadline_ = SteadyTime::max();
      backoff_.Reset();
    }
    TRY_OK(AfterError(std::move(done).error()));
  }
}

// docs/exactly-once.md, "When a transaction is lost".
Result<void> Replay::AfterError(Error error) {
  if (IsStop(error) || error.remedy == Remedy::kStop || error.remedy == Remedy::kFenced) {
    return std::unexpected(std::move(error));
  }
  if (auto refused = deliverer_->TakeRefused()) {
    isolation_.Blame(std::move(*refused));
    // Where all before it is committed, go on from there.
    if (error.remedy == Remedy::kIsolate) return claimer_.TakeRowsBack(Now(), stop_);
  }
  if (trouble_deadline_ == SteadyTime::max()) {
    trouble_deadline_ = ports_.clock.Now() + task_.settings.kafka_timeout;
  }
  Log(LogLevel::kWarn, "transaction lost, going back to the checkpoint",
      {{"why", error.ToString()}});
  const bool isolate = error.remedy == Remedy::kIsolate;
  const std::uint64_t records = deliverer_->open_records();
  const LinePlace last = deliverer_->last_record();
  deliverer_->Reset(Now());  // what was pending is lost: a stop on the way back commits none of it
  if (isolate) {
    const auto judged = [this] { return Filtering(Reading(FilesFromHere(), stop_)); };
    TRY_OK(isolation_.Isolate(error, records, last, *sink_, judged, stop_));
  } else {
    ports_.observer.Waiting("Kafka: " + error.what);
    if (ports_.clock.Now() >= trouble_deadline_) {
      error.remedy = Remedy::kStop;
      error.hint += error.hint.empty() ? "" : "; ";
      error.hint += "the checkpoint is intact: a restart goes on from it";
      return std::unexpected(std::move(error));
    }
    if (!ports_.clock.SleepFor(backoff_.Next(), stop_)) {
      return Stopped("go back to the checkpoint");
    }
  }
  TRY(Checkpoint checkpoint, claimer_.Again(*sink_, mode_, trouble_deadline_, stop_));
  deliverer_->Reset(std::move(checkpoint));
  ports_.observer.Rewound();
  ports_.observer.Waiting("");
  return {};
}

std::unique_ptr<Stage> Replay::Reading(std::span<const FileItem> files,
                                       std::stop_token stop) const {
  const Checkpoint& at = Now();
  // What failed before its first line may be read in any version.
  ReadStart start{at.place, at.place.byte == 0 ? std::string() : at.version_hash};
  return std::make_unique<ReadStage>(ports_.storage, ports_.clock, files, std::move(start),
                                     task_.config, task_.settings, std::move(stop));
}

std::unique_ptr<Stage> Replay::Filtering(std::unique_ptr<Stage> reading) const {
  const std::uint64_t left =
      task_.assignment.limited
          ? task_.assignment.limit - std::min(task_.assignment.limit, Now().shard.success)
          : UINT64_MAX;
  return std::make_unique<FilterStage>(std::move(reading), *filter_, isolation_, left);
}

std::unique_ptr<Stage> Replay::Pipeline(std::span<const FileItem> files,
                                        std::stop_source pipeline_stop) {
  const Checkpoint& at = Now();
  const std::stop_token token = pipeline_stop.get_token();
  std::unique_ptr<Stage> stage = Reading(files, token);
  // Ahead on a thread of its own only where a second core could run it.
  if (ports_.threads && std::thread::hardware_concurrency() > 1) {
    stage = std::make_unique<Threaded>(std::move(stage), kReadAheadBytes, pipeline_stop,
                                       ports_.queues ? &ports_.queues->read : nullptr);
  }
  stage = Filtering(std::move(stage));
  LedgerStage::Start books{at.list_position, at.file, at.uncounted_bytes,
                           isolation_.bisected_until()};
  stage = std::make_unique<LedgerStage>(std::move(stage), ports_, task_, owner_, books, token);
  if (ports_.threads) {
    stage = std::make_unique<Threaded>(std::move(stage), kJudgedAheadBytes, pipeline_stop,
                                       ports_.queues ? &ports_.queues->judged : nullptr);
  }
  return stage;
}

Result<void> Replay::Deliver(std::span<const FileItem> files) {
  std::stop_source pipeline_stop;
  const std::stop_callback forward(stop_, [&] { pipeline_stop.request_stop(); });
  const std::unique_ptr<Stage> pipeline = Pipeline(files, pipeline_stop);
  return deliverer_->Run(*pipeline, stop_);
}

Result<void> Replay::FirstPass() {
  if (Now().pass == Pass::kRetry || LimitReached()) return {};
  TRY_OK(Deliver(FilesFromHere()));
  return deliverer_->Commit(stop_);
}

std::span<const FileItem> Replay::FilesFromHere() const {
  const auto& files = task_.assignment.files;
  return {std::ranges::lower_bound(files, Now().list_position, {}, &FileItem::list_position),
          files.end()};
}

// Each failed file is entered by a commit of its own place, then read on: whatever the ledger
// stores ahead for it, the checkpoint knows where it stands.
Result<void> Replay::RetryPass() {
  while (!LimitReached() && Now().failed_files > 0) {
    if (Now().pass == Pass::kFirst) {
      Checkpoint& next = deliverer_->pending();
      next.pass = Pass::kRetry;
      next.list_position = 0;
      next.place = {};
      next.version_hash.clear();
      next.file = {};
    }
    const bool inside = Now().pass == Pass::kRetry && !(Now().file == Counters{});
    if (!inside) {
      const int from = Now().pass == Pass::kFirst ? 0 : Now().list_position;
      TRY(const std::optional<FileRow> failed, NextFailed(from));
      if (!failed) return {};
      TRY_OK(EnterFailedFile(*failed));
    }
    const FileItem* file = FileAt(task_.assignment, Now().list_position);
    if (file == nullptr) return Fatal("retry failed files: a row names a file that is not ours");
    TRY_OK(Deliver({file, 1}));
    TRY_OK(deliverer_->Commit(stop_));
  }
  return {};
}

// None where rows were lost: one that is older than the checkpoint would have lines sent again, and
// nobody knows which it is. So each page is read before the books are compared.
Result<std::optional<FileRow>> Replay::NextFailed(int from) {
  auto next = std::ranges::lower_bound(failed_, from, {}, &FileRow::list_position);
  if (next == failed_.end()) {
    std::vector<FileRow> page;
    TRY_OK(WithDatabase(ports_, task_.settings, stop_, [&]() -> Result<void> {
      TRY(page, ports_.ledger.FailedFiles(shard_, from, kFailedAtOnce));
      return {};
    }));
    if (page.empty()) return std::nullopt;
    TRY(const std::string lost, CheckBooks());
    if (!lost.empty()) return std::nullopt;
    failed_ = std::move(page);
    next = failed_.begin();
  }
  return *next;
}

Result<void> Replay::EnterFailedFile(const FileRow& row) {
  Checkpoint& next = deliverer_->pending();
  next.pass = Pass::kRetry;
  next.list_position = row.list_position;
  next.place = row.place;
  next.version_hash = row.version_tag.empty() ? std::string() : HashText(row.version_tag);
  next.uncounted_bytes = row.uncounted_bytes;
  next.file = row.counters;
  return deliverer_->Commit(stop_);
}

// The cut file is partial, later ones are not read. A plan has rows of them; without one they are
// made here.
Result<void> Replay::MarkCutByLimit() {
  const Checkpoint& at = Now();
  if (!ports_.ledger.Durable()) return {};
  const bool begun = at.place.byte > 0;
  std::uint64_t marked = 0;
  TRY_OK(WithDatabase(ports_, task_.settings, stop_, [&]() -> Result<void> {
    TRY(marked, ports_.ledger.MarkCut(shard_, owner_, at.list_position, begun));
    return {};
  }));
  if (at.pass == Pass::kRetry) return {};
  const auto& files = task_.assignment.files;
  std::span<const FileItem> left(std::ranges::lower_bound(files, at.list_position + (begun ? 1 : 0),
                                                          {}, &FileItem::list_position),
                                 files.end());
  if (marked == left.size()) return {};
  constexpr std::size_t kRowsAtOnce = 500;
  while (!left.empty()) {
    std::vector<FileRow> rows;
    for (const FileItem& file : left.first(std::min(kRowsAtOnce, left.size()))) {
      rows.push_back(RowOf(file));
      rows.back().list_position = file.list_position;
      rows.back().state = FileState::kNotRead;
    }
    TRY_OK(WithDatabase(ports_, task_.settings, stop_,
                        [&] { return ports_.ledger.Store(shard_, owner_, {}, rows); }));
    left = left.subspan(rows.size());
  }
  return {};
}

Result<std::string> Replay::CheckBooks() {
  const Counters& shard = Now().shard;
  FilesSum rows{shard, Now().failed_files};
  if (ports_.ledger.Durable()) {
    TRY_OK(WithDatabase(ports_, task_.settings, stop_, [&]() -> Result<void> {
      TRY(rows, ports_.ledger.SumOfFiles(shard_));
      return {};
    }));
  }
  const Counters& files = rows.counters;
  if (shard.Balanced() && files == shard && rows.failed >= Now().failed_files) return std::string();
  // A worker that was frozen until its successor had gone on sees that one's rows.
  std::optional<ShardRow> row;
  TRY_OK(WithDatabase(ports_, task_.settings, stop_, [&]() -> Result<void> {
    TRY(row, ports_.shards.Find(shard_));
    return {};
  }));
  if (row && row->owner.generation > owner_.generation) {
    return std::unexpected(FencedBy(row->owner.id, row->owner.generation));
  }
  if (shard.Balanced() && Within(files, shard)) {
    return fmt::format(
        "rows of reprocessing_files were lost (a restore, a failover, a DELETE): they have {} of "
        "{} lines, {} of {} sent, {} of {} failed files; the shard ends by its checkpoint{}",
        files.lines, shard.lines, files.success, shard.success, rows.failed, Now().failed_files,
        Now().failed_files == 0 ? ""
                                : ", and no failed file is tried again until they are restored (a "
                                  "new job with --only-missing sends what the topic lacks)");
  }
  return Fatal(
      fmt::format("check the books: they do not balance: shard {} lines = {} sent + {} skipped "
                  "+ {} errors, {} bytes; its files {} lines, {} sent, {} skipped, {} errors, "
                  "{} bytes",
                  shard.lines, shard.success, shard.skipped(), shard.errors(), shard.bytes,
                  files.lines, files.success, files.skipped(), files.errors(), files.bytes),
      fmt::format("job {}, shard {}", shard_.job_id, shard_.index),
      "this is a defect of reprocess: please report it");
}

std::string Replay::FailedFilesMessage(const std::string& lost) {
  std::string text = fmt::format("{} of {} files could not be read to their end",
                                 Now().failed_files, task_.assignment.files.size());
  if (!lost.empty()) return text + "; " + lost;
  const Result<std::vector<FileRow>> failed = ports_.ledger.FailedFiles(shard_, 0, 1);
  if (failed && !failed->empty()) {
    text += fmt::format("; the first is {}: {}", failed->front().path, failed->front().failure);
  }
  return text;
}

Result<ReplayOutcome> Replay::Finish() {
  if (LimitReached()) TRY_OK(MarkCutByLimit());
  TRY(const std::string lost, CheckBooks());
  if (!lost.empty()) Log(LogLevel::kWarn, lost);
  const auto end = [&] {
    Checkpoint& next = deliverer_->pending();
    next.state = Now().failed_files > 0 && !LimitReached() ? ShardState::kFinishedWithFailures
                                                           : ShardState::kComplete;
    if (LimitReached()) {  // nothing is left to do: progress reaches 1
      next.processed_files = task_.assignment.files.size();
      next.processed_bytes = 0;
      for (const FileItem& file : task_.assignment.files) next.processed_bytes += ListedBytes(file);
    }
    return deliverer_->Commit(stop_);
  };
  TRY_OK(Persistently(end));
  TRY_OK(claimer_.StoreEnd(*sink_, owner_, stop_));
  if (Now().state == ShardState::kComplete) return Ended(Outcome::kComplete, lost);
  return Ended(Outcome::kFailedFiles, FailedFilesMessage(lost));
}

}  // namespace

Result<ReplayOutcome> ReplayShard(const ShardTask& task, const Ports& ports, std::stop_token stop) {
  return Replay(task, ports, std::move(stop)).Run();
}

}  // namespace reprocess
