#include <fmt/format.h>

#include "store/job_insert.h"
#include "store/worker_columns.h"
#include "store/worker_store.h"

namespace reprocess {
namespace {

constexpr std::string_view kOfWorker = "WHERE job_id = :job AND worker_index = :worker";

std::vector<Arg> ArgsOf(const ShardRef& shard) {
  return {{"job", shard.job_id}, {"worker", shard.index}};
}

bool IsFinal(WorkerStatus status) {
  return status == WorkerStatus::kCompleted || status == WorkerStatus::kFailed ||
         status == WorkerStatus::kCancelled;
}

std::vector<Arg> ArgsOf(const ShardRef& shard, const WorkerRow& row) {
  std::vector<Arg> args = ArgsOf(shard);
  args.emplace_back("status", NameOf(row.status));
  for (const Role role : {Role::kSpecial, Role::kReplaced, Role::kProgress}) {
    args = Joined(std::move(args), ArgsOf(row, role));
  }
  return args;
}

// started_at and completed_at depend on the status alone.
std::string InsertWorker(const Dialect& dialect, WorkerStatus status, bool guard) {
  const auto& columns = ColumnsOf<WorkerRow>();
  return fmt::format(
      "INSERT INTO reprocessing_workers (job_id, worker_index, status, started_at, updated_at, "
      "completed_at, {}{}) VALUES (:job, :worker, :status, {}, {}, {}, {}{}) ",
      NamesOf(columns), guard ? ", generation" : "",
      status == WorkerStatus::kPending ? "NULL" : dialect.now, dialect.now,
      IsFinal(status) ? dialect.now : "NULL", NamesOf(columns, ":"), guard ? ", :generation" : "");
}

// A final row that is written again with the same status keeps its times; a row
// without a current file (written from the checkpoint of a complete shard) keeps the last one.
std::string UpdateWorker(bool guard) {
  return fmt::format(
      "ON CONFLICT (job_id, worker_index) DO UPDATE SET status = excluded.status, "
      "started_at = COALESCE(reprocessing_workers.started_at, excluded.started_at), "
      "updated_at = CASE WHEN reprocessing_workers.status = excluded.status "
      "AND excluded.completed_at IS NOT NULL "
      "THEN reprocessing_workers.updated_at ELSE excluded.updated_at END, "
      "completed_at = CASE WHEN reprocessing_workers.status = excluded.status "
      "AND excluded.completed_at IS NOT NULL "
      "THEN COALESCE(reprocessing_workers.completed_at, excluded.completed_at) "
      "ELSE excluded.completed_at END, "
      "current_line = CASE WHEN excluded.current_file IS NULL "
      "THEN reprocessing_workers.current_line ELSE excluded.current_line END, "
      "current_file = COALESCE(excluded.current_file, reprocessing_workers.current_file), "
      "current_ts = COALESCE(excluded.current_ts, reprocessing_workers.current_ts), {}{}",
      ReplacedOf(ColumnsOf<WorkerRow>()),
      guard ? ", generation = excluded.generation "
              "WHERE COALESCE(reprocessing_workers.generation, 0) <= excluded.generation"
            : "");
}

}  // namespace

Result<std::optional<JobRow>> WorkerStoreImpl::FindJob(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  TRY(const auto rows,
      session_->Select("SELECT status, CAST(config AS TEXT), total_workers, total_files "
                       "FROM reprocessing_jobs WHERE id = :job",
                       4, {{"job", id}}));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows.front();
  JobRow job{.id = id, .status = row.Text(0), .config = row.Text(1)};
  job.total_workers = static_cast<int>(row.Number(2));
  job.total_files = static_cast<int>(row.Number(3));
  job.made_by_worker = IsMarked(job.config);
  return job;
}

Result<void> WorkerStoreImpl::EnsureJob(const JobRow& row) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(InsertJob(*session_, row.id, row.config, static_cast<std::uint64_t>(row.total_files),
                   row.total_workers, NewJob::kRunning));
  if (row.total_files >= row.listed_files) return {};
  TRY_OK(session_->Execute(
      "UPDATE reprocessing_jobs SET total_files = :files WHERE id = :job "
      "AND total_files = :listed",
      {{"files", row.total_files}, {"listed", row.listed_files}, {"job", row.id}}));
  return {};
}

Result<void> WorkerStoreImpl::ReopenJob(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(session_->Execute(
      fmt::format("UPDATE reprocessing_jobs SET status = 'running', completed_at = NULL, "
                  "error = NULL, started_at = COALESCE(started_at, {}) WHERE id = :job "
                  "AND status IN ('completed', 'failed') AND {} = 'reprocessing-worker'",
                  session_->dialect().now, session_->dialect().made_by),
      {{"job", id}}));
  return {};
}

Result<void> WorkerStoreImpl::EnsureWorker(const ShardRef& shard, const WorkerRow& row) {
  const std::scoped_lock lock(mutex_);
  TRY_OK(session_->Execute(InsertWorker(session_->dialect(), row.status, false) +
                               "ON CONFLICT (job_id, worker_index) DO NOTHING",
                           ArgsOf(shard, row)));
  TRY(const auto rows, session_->Select(fmt::format("SELECT {}, status, {} "
                                                    "FROM reprocessing_workers {}",
                                                    session_->dialect().updated_at,
                                                    Guarded() ? "generation" : "0", kOfWorker),
                                        3, ArgsOf(shard)));
  if (!rows.empty()) {
    const Row& now = rows.front();
    seen_[KeyOf(shard)] = {now.Text(0), now.Text(1), now.Number(2)};
  }
  return {};
}

Result<void> WorkerStoreImpl::FailUnclaimed(const ShardRef& shard, const std::string& error) {
  const std::scoped_lock lock(mutex_);
  const auto seen = seen_.find(KeyOf(shard));
  if (seen == seen_.end()) {
    WorkerRow row;
    row.status = WorkerStatus::kFailed;
    row.error = error;
    TRY_OK(session_->Execute(InsertWorker(session_->dialect(), row.status, false) +
                                 "ON CONFLICT (job_id, worker_index) DO NOTHING",
                             ArgsOf(shard, row)));
    return {};
  }
  auto args = ArgsOf(shard);
  args = Joined(std::move(args), {{"error", Escape(error)},
                                  {"updated_at", seen->second.updated_at},
                                  {"status", seen->second.status}});
  if (Guarded()) args.emplace_back("generation", seen->second.generation);
  TRY_OK(session_->Execute(
      fmt::format("UPDATE reprocessing_workers SET status = 'failed', error = :error, "
                  "started_at = COALESCE(started_at, {0}), updated_at = {0}, completed_at = {0} "
                  "{1} AND {3} = :updated_at AND status = :status {2}",
                  session_->dialect().now, kOfWorker,
                  Guarded() ? "AND COALESCE(generation, 0) = :generation" : "",
                  session_->dialect().updated_at),
      args));
  return {};
}

Result<void> WorkerStoreImpl::PutWorker(const ShardRef& shard, const Owner& owner,
                                        const WorkerRow& row) {
  const std::scoped_lock lock(mutex_);
  auto args = ArgsOf(shard, row);
  if (Guarded()) args.emplace_back("generation", owner.generation);
  TRY(const auto changed,
      session_->Execute(
          InsertWorker(session_->dialect(), row.status, Guarded()) + UpdateWorker(Guarded()),
          args));
  if (changed == 0) return std::unexpected(FencedError("write the worker's row", shard));
  return {};
}

// Each worker's final row is committed before its call, so the last caller sees them all. A job that
// had ended so before keeps its time.
Result<void> WorkerStoreImpl::EndJobIfLast(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  constexpr std::string_view kWorkers = "FROM reprocessing_workers w WHERE w.job_id = :job";
  TRY_OK(session_->Execute(
      fmt::format("UPDATE reprocessing_jobs SET "
                  "completed_at = CASE WHEN status = {ended} THEN COALESCE(completed_at, {now}) "
                  "ELSE {now} END, status = {ended}, "
                  "error = (SELECT w.error {workers} AND w.status = 'failed' "
                  "ORDER BY w.completed_at DESC, w.worker_index LIMIT 1) "
                  "WHERE id = :job AND status <> 'cancelled' AND "
                  "{made_by} = 'reprocessing-worker' "
                  "AND total_workers > 0 AND total_workers <= (SELECT COUNT(*) {workers} "
                  "AND w.status IN ('completed', 'failed', 'cancelled'))",
                  fmt::arg("now", session_->dialect().now), fmt::arg("workers", kWorkers),
                  fmt::arg("ended", fmt::format("CASE WHEN EXISTS (SELECT 1 {} AND w.status = "
                                                "'failed') THEN 'failed' ELSE 'completed' END",
                                                kWorkers)),
                  fmt::arg("made_by", session_->dialect().made_by)),
      {{"job", id}}));
  return {};
}

}  // namespace reprocess
