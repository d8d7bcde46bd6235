#include "replay/deliver.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/fault_point.h"
#include "base/log.h"
#include "model/key.h"
#include "replay/error_limit.h"
#include "replay/file_counters.h"

namespace reprocess {
namespace {

constexpr Milliseconds kPollInterval{100};  // how soon a stop request is seen while no lines come
constexpr Milliseconds kCommitSlice{1'000};
// Brokers forget a group that commits nothing for 7 days.
constexpr std::chrono::hours kCommitAgain{1};

// What a place alone tells: of compressed files, whatever their names, nothing behind the last
// frame that begins there.
std::uint64_t StoredAtLeast(const FileItem& file, const FilePlace& place) {
  const bool compressed = place.frame.compressed > 0 || place.byte > file.size ||
                          file.path.ends_with(".gz") || file.path.ends_with(".zst");
  return StoredBytesRead(file, compressed ? place.frame.compressed : place.byte);
}

}  // namespace

WorkerRow WorkerRowOf(const ShardTask& task, const Checkpoint& checkpoint) {
  WorkerRow row;
  const FileItem* file = FileAt(task.assignment, checkpoint.list_position);
  if (file != nullptr) row.current_file = file->path;
  row.current_line = checkpoint.place.line;
  row.assigned_files = task.assignment.files.size();
  row.processed_files = checkpoint.processed_files;
  for (const FileItem& item : task.assignment.files) row.total_bytes += ListedBytes(item);
  row.processed_bytes = row.stored_bytes = checkpoint.processed_bytes;
  if (file != nullptr && checkpoint.pass == Pass::kFirst) {
    row.stored_bytes += StoredAtLeast(*file, checkpoint.place);
  }
  row.counters = checkpoint.shard;
  return row;
}

Deliverer::Deliverer(const ShardTask& task, const Ports& ports, Sink& sink, Isolation& isolation,
                     Checkpoint committed)
    : task_(task),
      ports_(ports),
      sink_(sink),
      isolation_(isolation),
      committed_(std::move(committed)),
      next_(committed_),
      committed_at_(ports.clock.Now()),
      gate_(ports),
      stored_bytes_(WorkerRowOf(task, committed_).stored_bytes) {}

void Deliverer::Reset(Checkpoint committed) {
  if (open_ && open_records_ > 0) ports_.observer.Aborted();
  committed_ = std::move(committed);
  next_ = committed_;
  dirty_ = open_ = false;
  open_records_ = open_lines_ = open_bytes_ = stored_here_ = 0;
  refused_.reset();
}

Result<void> Deliverer::Run(Stage& source, const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return Stopped("deliver");
    const SteadyTime soon = ports_.clock.Now() + kPollInterval;
    const SteadyTime due = dirty_since_ + task_.settings.commit_interval;
    Result<Pulled> pulled = source.Next(dirty_ ? std::min(soon, due) : soon);
    if (!pulled) {
      // What came before the error is good: it must not be lost with what comes after.
      if (!stop.stop_requested()) TRY_OK(Commit(stop));
      return std::unexpected(std::move(pulled).error());
    }
    if (std::holds_alternative<PipeEnd>(*pulled)) return {};
    if (const auto* batch = std::get_if<Batch>(&*pulled)) TRY_OK(Take(*batch, stop));
    sink_.Poll();
    if (ports_.queues != nullptr) ports_.queues->sink = sink_.queued_bytes();
    if (Due()) TRY_OK(Commit(stop));
    TRY_OK(CommitAgainWhenOld(stop));
  }
}

Result<void> Deliverer::CommitAgainWhenOld(const std::stop_token& stop) {
  if (open_ || ports_.clock.Now() - committed_at_ < kCommitAgain) return {};
  Touch();
  return Commit(stop);
}

Result<void> Deliverer::AwaitThrottle(const std::stop_token& stop) {
  const auto meanwhile = [&](Hold hold) -> Result<void> {
    // A pause is announced when all before it is committed.
    if (Due() || (dirty_ && hold == Hold::kPaused)) TRY_OK(Commit(stop));
    TRY_OK(CommitAgainWhenOld(stop));
    sink_.Poll();
    return {};
  };
  TRY(bounds_, gate_.Pass(meanwhile, stop));
  return {};
}

bool Deliverer::Due() const {
  return dirty_ && ports_.clock.Now() >= dirty_since_ + task_.settings.commit_interval;
}

bool Deliverer::IsFull(std::uint64_t lines, std::uint64_t records, std::uint64_t bytes) const {
  const Settings& settings = task_.settings;
  return bytes >= settings.commit_bytes ||
         (settings.commit_lines > 0 && lines >= settings.commit_lines) ||
         records >= std::min(bounds_.records, isolation_.most_records()) || bytes >= bounds_.bytes;
}

bool Deliverer::Full() const {
  return IsFull(open_lines_, open_records_, open_bytes_);
}

Result<void> Deliverer::Take(const Batch& batch, const std::stop_token& stop) {
  Touch();
  if (!batch.version_tag.empty()) next_.version_hash = HashText(batch.version_tag);
  if (!batch.last_created.empty()) current_ts_ = batch.last_created;
  if (const FileItem* file = FileAt(task_.assignment, batch.list_position)) {
    stored_here_ = batch.stored_byte > 0 ? StoredBytesRead(*file, batch.stored_byte)
                                         : StoredAtLeast(*file, batch.after);
  }
  const std::uint64_t uncounted = next_.uncounted_bytes + batch.uncounted_bytes;
  TRY_OK(TakeLines(batch, stop));
  next_.uncounted_bytes = uncounted;
  next_.place = batch.after;
  if (batch.end) return TakeEnd(batch);
  return {};
}

void Deliverer::Touch() {
  if (!dirty_) dirty_since_ = ports_.clock.Now();
  dirty_ = true;
}

Result<void> Deliverer::TakeLines(const Batch& batch, const std::stop_token& stop) {
  for (std::size_t from = 0; from < batch.lines.size();) {
    if (!open_) TRY_OK(AwaitThrottle(stop));
    Touch();  // the commit of the lines before them may just have been made
    const std::size_t to = CutPoint(batch, from);
    const auto sends = [](const Line& line) { return line.verdict == Verdict::kSend; };
    const auto begin = batch.lines.begin() + static_cast<std::ptrdiff_t>(from);
    const auto end = batch.lines.begin() + static_cast<std::ptrdiff_t>(to);
    std::size_t taken = to;
    if (std::any_of(begin, end, sends)) {
      if (!open_) {
        TRY_OK(sink_.Begin());
        open_ = true;
        dirty_since_ = ports_.clock.Now();
      }
      Result<Produced> produced = sink_.Produce(batch, from, to);
      if (!produced) {
        CountOpen(batch, from, to);  // a refused record may be among them
        return std::unexpected(std::move(produced).error());
      }
      taken = produced->next;
      if (produced->refused) {
        refused_.emplace(LinePlace{batch.list_position, batch.lines[taken].first_byte},
                         Refusal{Reason::kTooLarge, produced->refused->what});
      }
    }
    CountLines(batch, from, taken);
    if (refused_) {
      if (batch.lines[taken].shares_row) {  // no commit may end before it
        return std::unexpected(
            Error{.remedy = Remedy::kAbortAndRewind, .what = refused_->second.message});
      }
      if (Result<void> committed = Commit(stop); !committed) {
        refused_.reset();  // what came before it is lost: it is met again on the way back
        return committed;
      }
      return std::unexpected(Error{.remedy = Remedy::kIsolate, .what = refused_->second.message});
    }
    from = to;
    if (Full() || Due()) TRY_OK(Commit(stop));
  }
  return {};
}

// How far the open transaction may go: whole rows of the ledger, no further than its bounds.
std::size_t Deliverer::CutPoint(const Batch& batch, std::size_t from) const {
  std::uint64_t lines = open_lines_, bytes = open_bytes_, records = open_records_;
  for (std::size_t i = from; i < batch.lines.size(); ++i) {
    const Line& line = batch.lines[i];
    ++lines;
    if (line.verdict == Verdict::kSend) {
      ++records;
      bytes += line.size;
    }
    const bool shares_row = i + 1 < batch.lines.size() && batch.lines[i + 1].shares_row;
    if (IsFull(lines, records, bytes) && !shares_row) return i + 1;
  }
  return batch.lines.size();
}

void Deliverer::CountLines(const Batch& batch, std::size_t from, std::size_t to) {
  if (from == to) return;
  FileCounters of_file(next_.file);
  of_file.CountLines(batch, from, to);
  const std::uint64_t counted = of_file.counters().bytes - next_.file.bytes;
  SetFileCounters(of_file.counters());
  CountOpen(batch, from, to);
  const std::uint64_t before = next_.place.byte;
  next_.place = PlaceAfter(batch, to - 1);
  // Where none was read, bytes between lines are a defect, which the check of the books reports.
  if (batch.uncounted_bytes > 0) next_.uncounted_bytes += next_.place.byte - before - counted;
}

void Deliverer::CountOpen(const Batch& batch, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    const Line& line = batch.lines[i];
    ++open_lines_;
    if (line.verdict != Verdict::kSend) continue;
    ++open_records_;
    open_bytes_ += line.size;
    last_record_ = {batch.list_position, line.first_byte};
  }
}

// The shard's books move with the current file's.
void Deliverer::SetFileCounters(const Counters& counters) {
  next_.shard -= next_.file;
  next_.file = counters;
  next_.shard += next_.file;
}

Result<void> Deliverer::TakeEnd(const Batch& batch) {
  Touch();
  FileCounters of_file(next_.file);
  of_file.CountEnd(*batch.end);
  SetFileCounters(of_file.counters());
  const FileItem& file = *FileAt(task_.assignment, batch.list_position);
  const Counters& counters = next_.file;
  if (!counters.Balanced() || counters.bytes + next_.uncounted_bytes != next_.place.byte) {
    return Fatal(
        fmt::format("check the books: they do not balance: {} lines, {} sent, {} skipped, {} "
                    "errors; {} bytes counted, {} read",
                    counters.lines, counters.success, counters.skipped(), counters.errors(),
                    counters.bytes + next_.uncounted_bytes, next_.place.byte),
        file.path, "this is a defect of reprocess: please report it");
  }
  const bool failed = batch.end->state == FileEnd::State::kFailed;
  if (failed) last_error_ = fmt::format("{}: {}", file.path, batch.end->error.ToString());
  if (batch.end->state == FileEnd::State::kPartial) return {};
  if (failed) {
    std::uint64_t& unread =
        unread_.try_emplace(batch.list_position, ListedBytes(file)).first->second;
    unread = std::min(unread, ListedBytes(file) - stored_here_);
  } else {
    unread_.erase(batch.list_position);
  }
  stored_here_ = 0;
  ended_file_ = file.path;
  ended_line_ = next_.place.line;
  if (next_.pass == Pass::kFirst) {
    ++next_.processed_files;
    next_.processed_bytes += ListedBytes(file);
    next_.failed_files += failed ? 1 : 0;
    next_.list_position = batch.list_position + task_.assignment.total;
  } else {
    // A retried file was counted as failed by the first pass.
    next_.failed_files -= failed ? 0 : 1;
    next_.list_position = batch.list_position + 1;
  }
  next_.place = {};
  next_.version_hash.clear();
  next_.uncounted_bytes = 0;
  next_.file = {};
  return {};
}

Result<void> Deliverer::Commit(const std::stop_token& stop) {
  if (!dirty_) return {};
  if (!open_) TRY_OK(sink_.Begin());
  open_ = true;
  const std::string text = Encode(next_);
  const SteadyTime began = ports_.clock.Now();
  SteadyTime deadline = began + task_.settings.kafka_timeout;
  bool waited = false;
  for (;;) {
    Result<void> committed = sink_.Commit(text, kCommitSlice);
    if (committed) break;
    if (committed.error().remedy != Remedy::kRetry) return committed;
    // Retriable: the same commit again, never an abort in its place. A stop shortens the wait.
    if (stop.stop_requested()) {
      deadline = std::min(deadline, ports_.clock.Now() + task_.settings.drain_timeout);
    }
    if (ports_.clock.Now() >= deadline) return committed;
    ports_.observer.Waiting("Kafka: " + committed.error().what);
    waited = true;
  }
  FaultPoint("after_commit_before_status");
  committed_ = next_;
  committed_at_ = ports_.clock.Now();
  gate_.Committed(open_records_, open_bytes_, sink_.TakeThrottled());
  isolation_.Committed(open_records_, {committed_.list_position, committed_.place.byte});
  dirty_ = open_ = false;
  open_records_ = open_lines_ = open_bytes_ = 0;
  if (waited) ports_.observer.Waiting("");
  ports_.observer.Committed(committed_, text);
  ports_.observer.CommitTook(ports_.clock.Now() - began);
  Publish();
  Result<void> few =
      CheckErrors(ports_, {task_.assignment.job_id, task_.assignment.index}, committed_);
  too_many_errors_ = !few;
  return few;
}

void Deliverer::Drain() {
  if (!dirty_) return;
  std::stop_source stopped;
  stopped.request_stop();
  if (Commit(stopped.get_token())) return;
  if (open_records_ > 0) ports_.observer.Aborted();
  sink_.Abandon();
}

// What the place tells, and what is known besides: how far the file's stored form was read, and
// that failed files were not read to their end.
std::uint64_t Deliverer::StoredBytes() const {
  // Where a limit was reached, the files that were not read count as processed from now on.
  if (committed_.state != ShardState::kRunning) return stored_bytes_;
  const bool known = stored_here_ > 0 && committed_.pass == Pass::kFirst;
  std::uint64_t bytes = known ? committed_.processed_bytes + stored_here_
                              : WorkerRowOf(task_, committed_).stored_bytes;
  for (const auto& [at, unread] : unread_) bytes -= std::min(bytes, unread);
  return bytes;
}

void Deliverer::Publish() {
  WorkerRow row = WorkerRowOf(task_, committed_);
  row.stored_bytes = stored_bytes_ = StoredBytes();
  if (committed_.place.line == 0 && !ended_file_.empty()) {  // between files: the one just ended
    row.current_file = ended_file_;
    row.current_line = ended_line_;
  }
  row.current_ts = current_ts_;
  row.error = last_error_;
  Log(LogLevel::kDebug, "committed",
      {{"file", row.current_file},
       {"line", row.current_line},
       {"lines", row.counters.lines},
       {"sent", row.counters.success}});
  ports_.observer.Progress(row);
}

std::optional<Refusals::value_type> Deliverer::TakeRefused() {
  return std::exchange(refused_, std::nullopt);
}

}  // namespace reprocess
