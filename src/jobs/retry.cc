#include "jobs/retry.h"

#include <algorithm>

#include <fmt/format.h>

#include "jobs/committed.h"
#include "jobs/plan_config.h"
#include "model/key.h"

namespace reprocess {
namespace {

bool Wanted(const ErrorRange& range, const RetryRequest& request) {
  return request.lines && (!request.reason || range.reason == *request.reason);
}

void AddLines(const std::vector<ErrorRange>& errors, const RetryRequest& request,
              std::vector<ByteRange>& ranges) {
  for (const ErrorRange& range : errors) {
    if (range.approximate || !Wanted(range, request)) continue;
    if (!ranges.empty() && ranges.back().end() == range.first) {
      ranges.back().length += range.end - range.first;
    } else {
      ranges.push_back({range.first, range.end - range.first});
    }
  }
}

// Of what the first job owned of the file, the part past the place.
void AddRest(const FileRow& file, std::vector<ByteRange>& ranges) {
  for (const ByteRange& range : OwnedRanges(ItemOf(file))) {
    const std::uint64_t first = std::max(range.first, file.place.byte);
    if (first < range.end()) ranges.push_back({first, range.end() - first});
  }
}

Result<void> CheckFinished(const RetryRequest& request, const KafkaSettings& kafka,
                           const std::vector<ShardSummary>& shards, const Patience& patience) {
  for (const ShardSummary& summary : shards) {
    if (!summary.shard) continue;
    if (summary.shard->mode == Mode::kDryRun) {
      return Fatal("retry: the job was a dry run: it sent nothing", request.job_id,
                   "run it without --dry-run");
    }
    TRY(const Checkpoint checkpoint, CommittedCheckpoint(kafka, request.job_id, summary, patience));
    if (checkpoint.state == ShardState::kRunning) {
      return Fatal(fmt::format("retry: shard {} has not finished", summary.index), request.job_id,
                   "wait for it, or go on with the job where it stopped", Code::kConflict);
    }
  }
  return {};
}

Result<Target> TargetOfRetry(const KafkaSettings& kafka, const JobSummary& job) {
  if (auto target = TargetOfPlan(job.config)) {
    if (!kafka.brokers.empty()) target->brokers = kafka.brokers;
    return *std::move(target);
  }
  if (kafka.brokers.empty()) {
    return Fatal("retry: no Kafka brokers", job.id,
                 "give --kafka BROKERS and --topic NAME, or set KAFKA_BOOTSTRAP_SERVERS");
  }
  return Target{Destination::kKafka, kafka.brokers, kafka.topic, {}};
}

// Lines that a retry of the same job was made for, whatever became of it.
Result<std::string> TakenUp(const std::string& job_id, Queries& queries, const Retry& retry) {
  TRY(const auto earlier, queries.RetriesOf(job_id));
  for (const std::string& id : earlier) {
    TRY(const auto plan, queries.LoadPlan(id));
    if (!plan) continue;
    for (const PlannedFile& theirs : plan->files) {
      const auto same = [&](const PlannedFile& ours) {
        return ours.item.path == theirs.item.path && Overlap(ours.item, theirs.item);
      };
      if (std::ranges::any_of(retry.files, same)) {
        return fmt::format("some of these lines were already taken up by job {}, a retry of {}", id,
                           job_id);
      }
    }
  }
  return std::string();
}

}  // namespace

FileItem ItemToRetry(const FileRow& file, const std::vector<ErrorRange>& errors,
                     const RetryRequest& request) {
  const bool failed = request.files && file.state == FileState::kFailed;
  if (failed && file.place.byte == 0) return ItemOf(file);  // as it was listed, in any version
  FileItem item;
  std::vector<ByteRange> ranges;
  AddLines(errors, request, ranges);
  if (failed) AddRest(file, ranges);
  if (ranges.empty()) return {};
  item.ranges = std::move(ranges);
  item.path = file.path;
  item.size = file.size;
  item.version_id = file.version_id;
  item.etag = file.version_tag;
  return item;
}

Result<Retry> PlanRetry(const RetryRequest& request, const KafkaSettings& kafka, Queries& queries,
                        Storage& storage, const Settings& settings, const std::stop_token& stop) {
  TRY(const JobSummary job, queries.Job(request.job_id));
  TRY_OK(queries.Available());
  TRY(const auto shards, queries.Shards(request.job_id));
  Retry retry;
  TRY(retry.target, TargetOfRetry(kafka, job));
  KafkaSettings where = kafka;
  where.brokers = retry.target.brokers;
  where.topic = retry.target.topic;
  TRY_OK(CheckFinished(request, where, shards, PatienceWithTransactions(settings, stop)));
  retry.given = GivenForRetry(job.config, request.job_id);
  std::vector<std::string> ignored;
  TRY(const JobConfig config, ConfigOfPlan(job.config, "stored configuration", ignored));
  TRY(const auto files, queries.Files(request.job_id));
  std::uint64_t approximate = 0;
  for (const FileRow& file : files) {
    TRY(const auto errors, queries.ErrorRanges(request.job_id, file.list_position));
    for (const ErrorRange& range : errors) {
      if (range.approximate && Wanted(range, request)) approximate += range.count;
    }
    FileItem item = ItemToRetry(file, errors, request);
    if (item.path.empty()) continue;
    if (item.ranges.empty() && item.path == config.start_file && config.start_line > 1) {
      retry.warnings.push_back(fmt::format(
          "{} failed before its first line, and began at line {}: left out; replay it with "
          "--start-file and --start-line",
          file.path, config.start_line));
      continue;
    }
    // The list's size need not be the object's: pinned by both, a wrong one would fail the file.
    const auto object =
        storage.Open(item, 0, item.etag.empty() ? std::string() : HashText(item.etag), stop);
    if (object) item.size = object->size;
    std::string tag = item.etag;
    retry.files.push_back({std::move(item), std::move(tag), {}, FileState::kPlanned});
  }
  if (approximate > 0) {
    retry.warnings.push_back(fmt::format(
        "{} failed lines are left out: their rows are approximate, and good lines, which were "
        "sent, lie between them",
        approximate));
  }
  if (retry.files.empty()) {
    return Fatal("retry: nothing to retry" +
                     (retry.warnings.empty() ? std::string() : "; " + retry.warnings.back()),
                 request.job_id, "`reprocess errors` shows what failed", Code::kNotFound);
  }
  TRY(retry.taken_up, TakenUp(request.job_id, queries, retry));
  return retry;
}

}  // namespace reprocess
