#include "verify/verify_job.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "kafka/committed.h"
#include "plan/plan_config.h"
#include "store/line_sets.h"

namespace reprocess {
namespace {

std::unexpected<Error> Cannot(std::string why, const std::string& job, std::string hint) {
  return Fatal("verify: " + std::move(why), job, std::move(hint), Code::kUnsupported);
}

Result<void> CheckMode(const std::string& job, const ShardSummary& summary) {
  switch (summary.shard->mode) {
    case Mode::kDryRun:
      return Cannot("the job was a dry run: it sent nothing", job, "run it without --dry-run");
    case Mode::kFiles:
      return Cannot("the job wrote files, no Kafka topic", job,
                    "its output files have the checkpoint beside them");
    default:
      return {};
  }
}

Result<Checkpoint> FinishedCheckpoint(const KafkaSettings& kafka, const std::string& job,
                                      const ShardSummary& summary, const Patience& patience) {
  auto committed = CommittedCheckpoint(kafka, {job, summary.index}, *summary.shard, patience);
  if (!committed && committed.error().code == Code::kConflict) {
    return Cannot(committed.error().what, job, committed.error().hint);
  }
  TRY(Checkpoint checkpoint, std::move(committed));
  if (checkpoint.state == ShardState::kRunning) {
    return Cannot(fmt::format("shard {} has not finished", summary.index), job,
                  "wait for it, or go on with the job where it stopped; then verify");
  }
  if (summary.shard->start_offsets.empty()) {
    return Cannot(fmt::format("shard {} has stored no start offsets", summary.index), job,
                  "its row was lost, or it was begun by an earlier version, which did not keep "
                  "them");
  }
  return checkpoint;
}

// Shard and list position give each other: a row of another shard was written with another list or
// number of workers.
Result<std::vector<Doubt>> MisplacedRows(Queries& queries, const std::string& job, int shards,
                                         const std::vector<FileRow>& files) {
  std::vector<Doubt> doubts;
  TRY(const auto positions, queries.MisplacedFiles(job, shards));
  if (positions.empty()) return doubts;
  const auto first = std::ranges::find(files, positions.front(), &FileRow::list_position);
  doubts.push_back(
      {first == files.end() ? job : first->path,
       fmt::format("{} of {} files were read by a shard that they are not of, in a job "
                   "of {}: its workers had different lists or numbers; this is the first",
                   positions.size(), files.size(), shards),
       0});
  return doubts;
}

Result<KafkaSettings> KafkaOf(const VerifyRequest& request, const JobSummary& job) {
  KafkaSettings kafka = KafkaOfPlan(request.kafka, job.config);
  if (!kafka.brokers.empty()) return kafka;
  return Invalid("verify: no Kafka brokers", request.job_id,
                 "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
}

}  // namespace

std::vector<Doubt> SharedBytes(const std::vector<FileRow>& files) {
  std::vector<const FileRow*> order;
  for (const FileRow& file : files) {
    if (file.length != 0U) order.push_back(&file);  // else it has no bytes
  }
  std::ranges::sort(order, {}, [](const FileRow* file) {
    return std::tuple(std::string_view(file->path), file->offset, file->list_position);
  });
  std::vector<Doubt> doubts;
  for (std::size_t i = 1; i < order.size(); ++i) {
    const FileRow& file = *order[i];
    // Parts by offset are in order: each can only overlap the one before it. Ranges can lie
    // anywhere.
    for (std::size_t back = i; back-- > 0 && order[back]->path == file.path;) {
      const FileRow& before = *order[back];
      if (Overlap(ItemOf(before), ItemOf(file))) {
        doubts.push_back({file.path,
                          fmt::format("files {} and {} of the list are the same bytes of it: they "
                                      "were sent twice, and another file perhaps never",
                                      before.list_position, file.list_position),
                          std::min(before.counters.success, file.counters.success)});
        break;
      }
      if (before.ranges.empty() && file.ranges.empty()) break;
    }
  }
  return doubts;
}

std::vector<Doubt> LostRows(const std::vector<FileRow>& files,
                            const std::vector<Checkpoint>& shards, int total) {
  std::vector<Counters> found(shards.size());
  std::vector<std::uint64_t> failed(shards.size());
  for (const FileRow& file : files) {
    const auto shard = static_cast<std::size_t>(file.list_position % total);
    found[shard] += file.counters;
    failed[shard] += file.state == FileState::kFailed ? 1 : 0;
  }
  std::vector<Doubt> doubts;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const Counters& counted = shards[i].shard;
    if (found[i] != counted) {
      doubts.push_back(
          {fmt::format("shard {}", i),
           fmt::format(
               "its checkpoint has counted {} lines and sent {}, the rows of its files have "
               "{} and {}: {}",
               counted.lines_read(), counted.success, found[i].lines_read(), found[i].success,
               Within(found[i], counted) ? "rows were lost" : "they contradict each other"),
           counted.success - std::min(counted.success, found[i].success)});
    } else if (failed[i] < shards[i].failed_files) {
      doubts.push_back({fmt::format("shard {}", i),
                        fmt::format("{} of its files failed, and {} rows say so: rows were lost",
                                    shards[i].failed_files, failed[i]),
                        0});
    }
  }
  return doubts;
}

std::vector<OffsetSpan> UnionOfSpans(const std::vector<ShardRow>& shards) {
  std::size_t partitions = 0;
  for (const ShardRow& shard : shards) {
    partitions = std::max({partitions, shard.start_offsets.size(), shard.end_offsets.size()});
  }
  std::vector<OffsetSpan> spans;
  for (std::size_t at = 0; at < partitions; ++at) {
    OffsetSpan span{static_cast<int>(at), INT64_MAX, 0};
    for (const ShardRow& shard : shards) {
      const auto& [starts, ends] = std::tie(shard.start_offsets, shard.end_offsets);
      span.from = std::min(span.from, at < starts.size() ? starts[at] : 0);
      span.to = std::max(span.to, ends.empty() ? INT64_MAX : at < ends.size() ? ends[at] : 0);
    }
    spans.push_back(span);
  }
  return spans;
}

Result<JobToVerify> LoadJobToVerify(const VerifyRequest& request, Queries& queries,
                                    const std::function<void(const VerifyProgress&)>& progress,
                                    const std::stop_token& stop) {
  const std::string& id = request.job_id;
  progress({.asks = VerifyProgress::Asks::kBooks});
  TRY(const JobSummary job, queries.Job(id));
  if (const auto there = queries.Available(); !there) {
    return Cannot("the job kept no books: the tables for them are missing", id, there.error().hint);
  }
  TRY(const auto shards, queries.Shards(id));
  JobToVerify verify;
  std::vector<ShardRow> rows;
  for (const ShardSummary& summary : shards) {
    if (!summary.shard) {
      return Cannot(fmt::format("shard {} was never begun", summary.index), id,
                    "go on with the job, then verify");
    }
    TRY_OK(CheckMode(id, summary));
    rows.push_back(*summary.shard);
  }
  if (rows.empty() || static_cast<int>(rows.size()) < job.total_workers) {
    return Cannot(fmt::format("{} of {} shards were begun", rows.size(), job.total_workers), id,
                  "go on with the job, then verify");
  }
  TRY(verify.kafka, KafkaOf(request, job));
  const Patience patience =
      PatienceWithTransactions(request.settings, stop, [&](const std::string& why) {
        progress({.asks = VerifyProgress::Asks::kKafka, .waiting = why});
      });
  progress({.asks = VerifyProgress::Asks::kKafka});
  std::vector<Checkpoint> checkpoints;
  for (const ShardSummary& summary : shards) {
    TRY(Checkpoint checkpoint, FinishedCheckpoint(verify.kafka, id, summary, patience));
    checkpoints.push_back(std::move(checkpoint));
  }
  progress({.asks = VerifyProgress::Asks::kBooks});
  TRY(verify.config, ReadPlanConfig(job.config).job);
  TRY(verify.files, queries.Files(id));
  TRY_OK(AddLineSets(id, queries, verify.files));
  if (!verify.config.start_file.empty()) {
    const auto start = std::ranges::find(verify.files, verify.config.start_file, &FileRow::path);
    verify.files.erase(verify.files.begin(), start);  // these belong to nobody
  }
  for (const Checkpoint& checkpoint : checkpoints) verify.sent += checkpoint.shard.success;
  const int total = job.workers(rows.size());
  TRY(verify.doubts, MisplacedRows(queries, id, total, verify.files));
  const bool placed = verify.doubts.empty();
  std::ranges::move(SharedBytes(verify.files), std::back_inserter(verify.doubts));
  if (placed) {
    std::ranges::move(LostRows(verify.files, checkpoints, total),
                      std::back_inserter(verify.doubts));
  }
  verify.spans = UnionOfSpans(rows);
  return verify;
}

}  // namespace reprocess
