#include "jobs/verify_job.h"

#include <algorithm>

#include <fmt/format.h>

#include "jobs/committed.h"
#include "jobs/plan_config.h"

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

Result<void> CheckFinished(const KafkaSettings& kafka, const std::string& job,
                           const ShardSummary& summary) {
  TRY(const Checkpoint checkpoint, CommittedCheckpoint(kafka, job, summary));
  if (checkpoint.state == ShardState::kRunning) {
    return Cannot(fmt::format("shard {} has not finished", summary.index), job,
                  "wait for it, or go on with the job where it stopped; then verify");
  }
  if (summary.shard->start_offsets.empty()) {
    return Cannot(fmt::format("shard {} has stored no start offsets", summary.index), job,
                  "it was begun by an earlier version, which did not keep them");
  }
  return {};
}

Result<KafkaSettings> KafkaOf(const VerifyRequest& request, const JobSummary& job) {
  KafkaSettings kafka = request.kafka;
  const auto target = TargetOfPlan(job.config);
  if (target && kafka.brokers.empty()) kafka.brokers = target->brokers;
  if (target && !target->topic.empty()) kafka.topic = target->topic;
  if (!kafka.brokers.empty()) return kafka;
  return Fatal("verify: no Kafka brokers", request.job_id,
               "give --kafka BROKERS, or set KAFKA_BOOTSTRAP_SERVERS");
}

}  // namespace

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

Result<JobToVerify> LoadJobToVerify(const VerifyRequest& request, Queries& queries) {
  const std::string& id = request.job_id;
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
  for (const ShardSummary& summary : shards) {
    TRY_OK(CheckFinished(verify.kafka, id, summary));
  }
  std::vector<std::string> warnings;
  TRY(verify.config, ConfigOfPlan(job.config, "stored configuration", warnings));
  TRY(verify.files, queries.Files(id));
  for (const FileRow& file : verify.files) verify.sent += file.counters.success;
  verify.spans = UnionOfSpans(rows);
  return verify;
}

}  // namespace reprocess
