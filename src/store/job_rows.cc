#include "store/job_rows.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "store/control_row.h"
#include "store/text.h"
#include "store/worker_columns.h"

namespace reprocess {
namespace {

constexpr std::size_t kJobColumns = 16;  // before those of its workers' sums

// A SELECT's list of a worker's columns `w`; of the sums of several, their texts but for the latest
// error left out.
std::string WorkerColumns(bool summed) {
  std::string list;
  for (const Column& column : ColumnsOf<WorkerRow>()) {
    list += list.empty() ? "" : ", ";
    if (column.number) {
      list +=
          fmt::format("CAST(COALESCE({}(w.{}), 0) AS BIGINT)", summed ? "SUM" : "", column.name);
    } else if (!summed) {
      list += fmt::format("w.{}", column.name);
    } else if (column.name == "error") {
      list +=
          "(SELECT l.error FROM reprocessing_workers l WHERE l.job_id = j.id "
          "AND l.error IS NOT NULL ORDER BY l.updated_at DESC LIMIT 1)";
    } else {
      list += "''";
    }
  }
  return list;
}

// What an earlier build, or a shard that nobody has claimed, does not say: what is certain.
std::uint64_t StoredBytesOf(const ShardSummary& shard) {
  if (shard.shard && shard.shard->stored_bytes) return *shard.shard->stored_bytes;
  return shard.worker.processed_bytes;
}

WorkerStatus WorkerStatusOf(std::string_view name) {
  for (const WorkerStatus status : {WorkerStatus::kRunning, WorkerStatus::kCompleted,
                                    WorkerStatus::kFailed, WorkerStatus::kCancelled}) {
    if (NameOf(status) == name) return status;
  }
  return WorkerStatus::kPending;
}

}  // namespace

Question NoQuestion() {
  return {"SELECT NULL WHERE 1 = 0", 1};
}

Question JobsQuestion(const Session& session, const Schema& schema, std::string_view where) {
  const bool submissions = schema.Has("submissions");
  // Absent, not ended yet, or ended; then what its row says: one at the most, beside each worker's.
  constexpr std::string_view kSubmission =
      "COUNT(s.job_id), COUNT(s.ended_at), MAX(s.phase), MAX(s.namespace), MAX(s.submitted_by), "
      "MAX(s.reason)";
  return {fmt::format(
              "SELECT j.id, j.status, {}, {}, {}, j.error, j.total_workers, "
              "j.total_files, CAST(j.config AS TEXT), {}, j.k8s_job_name, {} "
              "FROM reprocessing_jobs j LEFT JOIN reprocessing_workers w "
              "ON w.job_id = j.id {} {}",
              TimeText(session, "j.created_at"), TimeText(session, "j.started_at"),
              TimeText(session, "j.completed_at"),
              submissions ? kSubmission : "0, 0, NULL, NULL, NULL, NULL", WorkerColumns(true),
              submissions ? "LEFT JOIN reprocessing_submissions s ON s.job_id = j.id" : "", where),
          kJobColumns + ColumnsOf<WorkerRow>().size()};
}

JobSummary SummaryOf(const Row& row) {
  JobSummary job;
  job.id = row.Text(0);
  job.status = row.Text(1);
  job.created_at = row.Text(2);
  job.started_at = row.Text(3);
  job.completed_at = row.Text(4);
  job.error = Unescape(row.Text(5));
  job.total_workers = static_cast<int>(row.Number(6));
  job.total_files = static_cast<int>(row.Number(7));
  job.config = row.Text(8);
  if (row.Number(9) > 0) {
    job.kubernetes = {Unescape(row.Text(11)), row.Number(10) > 0, Unescape(row.Text(12)),
                      Unescape(row.Text(13)), Unescape(row.Text(14))};
  }
  job.kubernetes_name = row.Text(15);
  job.sum = ReadRow<WorkerRow>(row, kJobColumns);
  job.sum.status = WorkerStatusOf(job.status);
  return job;
}

Question WorkersQuestion(const Session& session, const std::string& names) {
  return {fmt::format("SELECT w.job_id, w.worker_index, w.status, {}, {}, {}, {} "
                      "FROM reprocessing_workers w WHERE w.job_id IN ({})",
                      TimeText(session, "w.started_at"), TimeText(session, "w.updated_at"),
                      TimeText(session, "w.completed_at"), WorkerColumns(false), names),
          6 + ColumnsOf<WorkerRow>().size()};
}

Question ShardsQuestion(const Session& session, const Schema& schema, const std::string& names) {
  if (!schema.HasOwnTables()) return NoQuestion();
  return {fmt::format("SELECT job_id, shard, {} FROM reprocessing_shards WHERE job_id IN ({})",
                      ControlColumns(session, schema), names),
          2 + ColumnsOf<ShardRow>().size()};
}

Question PausedQuestion(const std::string& names) {
  return {
      fmt::format("SELECT job_id FROM reprocessing_controls WHERE paused <> 0 AND job_id IN ({})",
                  names),
      1};
}

void FoundShards::AddWorker(const Row& row) {
  ShardSummary& shard = Of(row);
  shard.status = WorkerStatusOf(row.Text(2));
  shard.started_at = row.Text(3);
  shard.updated_at = row.Text(4);
  shard.completed_at = row.Text(5);
  shard.worker = ReadRow<WorkerRow>(row, 6);
  shard.worker.status = shard.status;
  shard.worker.stored_bytes = StoredBytesOf(shard);
}

void FoundShards::AddShard(const Row& row) {
  ShardSummary& shard = Of(row);
  shard.shard = ReadRow<ShardRow>(row, 2);
  shard.worker.stored_bytes = StoredBytesOf(shard);
  if (auto checkpoint = Decode(shard.shard->checkpoint)) shard.checkpoint = *checkpoint;
}

std::map<std::string, std::vector<ShardSummary>> FoundShards::Lists() && {
  std::map<std::string, std::vector<ShardSummary>> lists;
  for (auto& [job, shards] : found_) {
    std::vector<ShardSummary>& list = lists[job];
    list.reserve(shards.size());
    for (auto& [index, shard] : shards) {
      shard.index = index;
      list.push_back(std::move(shard));
    }
  }
  return lists;
}

ShardSummary& FoundShards::Of(const Row& row) {
  return found_[row.Text(0)][static_cast<int>(row.Number(1))];
}

Question RetriesQuestion(const Session& session) {
  return {fmt::format("SELECT id, {} FROM reprocessing_jobs WHERE {} = :job",
                      TimeText(session, "created_at"), session.dialect().retry_of),
          2};
}

// Ids and times of jobs, as their ids, oldest first.
std::vector<std::string> RetriesIn(const std::vector<Row>& rows) {
  std::vector<std::pair<std::string, std::string>> by_time;
  for (const Row& row : rows) by_time.emplace_back(row.Text(1), row.Text(0));
  std::ranges::sort(by_time);
  std::vector<std::string> ids;
  for (auto& [time, id] : by_time) ids.push_back(std::move(id));
  return ids;
}

}  // namespace reprocess
