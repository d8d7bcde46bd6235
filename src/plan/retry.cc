#include "plan/retry.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "kafka/committed.h"
#include "model/key.h"
#include "plan/repaired.h"
#include "store/line_sets.h"

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

// What each shard has counted, by its checkpoint.
using CountedBy = std::map<int, Counters>;

Result<CountedBy> FinishedShards(const RetryRequest& request, const KafkaSettings& kafka,
                                 const std::vector<ShardSummary>& shards,
                                 const Patience& patience) {
  CountedBy counted;
  for (const ShardSummary& summary : shards) {
    if (!summary.shard) continue;
    if (summary.shard->mode == Mode::kDryRun) {
      return Invalid("retry: the job was a dry run: it sent nothing", request.job_id,
                     "run it without --dry-run");
    }
    TRY(const Checkpoint checkpoint,
        CommittedCheckpoint(kafka, {request.job_id, summary.index}, *summary.shard, patience));
    if (checkpoint.state == ShardState::kRunning) {
      return Fatal(fmt::format("retry: shard {} has not finished", summary.index), request.job_id,
                   "wait for it, or go on with the job where it stopped", Code::kConflict);
    }
    counted.emplace(summary.index, checkpoint.shard);
  }
  return counted;
}

// Shards whose checkpoint has counted other lines than the rows of their files: a database that was
// restored, or has failed over, may show a file as it failed once although its rest was sent since.
std::set<int> ShardsWithOldRows(const CountedBy& counted, const std::vector<FileRow>& files,
                                int total) {
  CountedBy found;
  for (const FileRow& file : files) found[file.list_position % total] += file.counters;
  std::set<int> old;
  for (const auto& [shard, counters] : counted) {
    if (found[shard] != counters) old.insert(shard);
  }
  return old;
}

Result<Destination> DestinationOfRetry(const KafkaSettings& kafka, const std::string& job_id,
                                       std::optional<Destination> target) {
  if (target) {
    if (!kafka.brokers.empty()) target->brokers = kafka.brokers;
    return *std::move(target);
  }
  if (kafka.brokers.empty()) {
    return Invalid("retry: no Kafka brokers", job_id,
                   "give --kafka BROKERS and --topic NAME, or set KAFKA_BOOTSTRAP_SERVERS");
  }
  return Destination{Destination::kKafka, kafka.brokers, kafka.topic, {}};
}

// Which retries of the job were made for these files, whatever became of them.
struct TakenUp {
  std::vector<std::string> earlier;  // all retries of the job
  std::string some;                  // the first that was made for any of it; or empty
  std::string all;                   // the last that was made for all of it; or empty
};

// Cancelled before anybody worked on it: it has sent nothing, and never will.
Result<bool> NeverBegan(const std::string& job_id, Queries& queries) {
  TRY(const JobSummary job, queries.Job(job_id));
  if (job.status != "cancelled") return false;
  TRY(const auto shards, queries.Shards(job_id));
  return std::ranges::none_of(shards,
                              [](const ShardSummary& shard) { return shard.shard.has_value(); });
}

template <class Items>
Result<TakenUp> TakenUpBy(const std::string& job_id, Queries& queries, const Items& items) {
  TakenUp by;
  TRY(by.earlier, queries.RetriesOf(job_id));
  for (const std::string& id : by.earlier) {
    TRY(const auto plan, queries.LoadPlan(id));
    TRY(const bool never, NeverBegan(id, queries));
    if (!plan || never) continue;
    const auto has = [&plan](bool (*share)(const FileItem& theirs, const FileItem& ours)) {
      return [&plan, share](const FileItem& ours) {
        return std::ranges::any_of(plan->files, [&](const PlannedFile& theirs) {
          return KeyPathOf(ours) == KeyPathOf(theirs.item) && share(theirs.item, ours);
        });
      };
    };
    if (by.some.empty() && std::ranges::any_of(items, has(Overlap))) by.some = id;
    if (std::ranges::all_of(items, has(Covers))) by.all = id;
  }
  return by;
}

bool IsFailed(const FileRow& file) {
  return file.state == FileState::kFailed;
}

// Of a part: its file is another one by now.
bool IsGone(const Result<OpenedObject>& now, const FileItem& item) {
  return IsPart(item) && !now && now.error().code == Code::kChanged;
}

// Where the repaired versions are, when they are asked for.
Result<std::optional<RepairedFiles>> FindRepaired(const RetryRequest& request, Storage& storage,
                                                  const std::vector<FileRow>& files) {
  if (!request.repaired) return std::nullopt;
  std::vector<FileRow> failed;
  std::ranges::copy_if(files, std::back_inserter(failed), IsFailed);
  TRY(auto found, RepairedFiles::Find(storage, request.repaired_directory, request.moved, failed));
  return std::optional(std::move(found));
}

}  // namespace

bool Covers(const FileItem& theirs, const FileItem& ours) {
  const std::vector<ByteRange> stretches = OwnedRanges(theirs);
  return std::ranges::all_of(OwnedRanges(ours), [&](const ByteRange& range) {
    const auto behind = std::ranges::upper_bound(stretches, range.first, {}, &ByteRange::first);
    return behind != stretches.begin() && range.end() <= std::prev(behind)->end();
  });
}

Result<std::string> FailedFilesTakenUp(const std::string& job_id, Queries& queries) {
  TRY(const auto failed, queries.Files(job_id, {.state = FileState::kFailed}));
  std::vector<FileItem> rest;
  for (const FileRow& file : failed) {
    std::vector<ByteRange> ranges;
    AddRest(file, ranges);
    if (ranges.empty()) continue;
    rest.push_back(ItemOf(file));
    rest.back().offset = 0;
    rest.back().length.reset();
    rest.back().ranges = std::move(ranges);
  }
  if (rest.empty()) return std::string();
  TRY(const TakenUp by, TakenUpBy(job_id, queries, rest));
  if (by.some.empty()) return std::string();
  return fmt::format("its failed files were already taken up by job {}, a retry of {}", by.some,
                     job_id);
}

FileItem ItemToRetry(const FileRow& file, const std::vector<ErrorRange>& errors,
                     const RetryRequest& request, const std::optional<FileItem>& repaired) {
  const bool failed = request.files && IsFailed(file);
  if (failed && file.place.byte == 0) {
    FileItem item = repaired.value_or(ItemOf(file));
    // A whole file may be another one by now; but in it a part has other lines.
    if (!repaired && IsPart(item)) item.etag = file.version_tag;
    return item;
  }
  FileItem item;
  std::vector<ByteRange> ranges;
  AddLines(errors, request, ranges);
  if (failed) {
    AddRest(file, ranges);
    item.line_set = file.line_set;
  }
  if (ranges.empty()) return {};
  item.ranges = std::move(ranges);
  item.path = file.path;
  item.key_path = file.key_path;
  item.size = file.size;
  item.version_id = file.version_id;
  item.etag = file.version_tag;
  if (repaired) {
    item.path = repaired->path;
    item.key_path = repaired->key_path;
    item.size = repaired->size;
    item.version_id = repaired->version_id;
    item.etag = repaired->etag;
  }
  return item;
}

Result<Retry> PlanRetry(const RetryRequest& request, const KafkaSettings& kafka, Queries& queries,
                        Storage& storage, const Patience& patience, const std::stop_token& stop) {
  TRY(const JobSummary job, queries.Job(request.job_id));
  TRY_OK(queries.Available());
  TRY(const auto shards, queries.Shards(request.job_id));
  Retry retry;
  retry.config = ConfigOfRetry(job.config, request.job_id);
  PlanConfig planned = ReadPlanConfig(job.config);
  TRY(retry.config.destination, DestinationOfRetry(kafka, job.id, std::move(planned.destination)));
  KafkaSettings where = kafka;
  where.brokers = retry.config.destination->brokers;
  where.topic = retry.config.destination->topic;
  TRY(const CountedBy counted, FinishedShards(request, where, shards, patience));
  TRY(const JobConfig config, std::move(planned.job));
  TRY(auto files, queries.Files(request.job_id));
  TRY_OK(AddLineSets(request.job_id, queries, files));
  TRY(const auto repaired_files, FindRepaired(request, storage, files));
  const int total = job.workers(shards.size());
  const std::set<int> old_rows = ShardsWithOldRows(counted, files, total);
  std::uint64_t approximate = 0, lost = 0;
  for (const FileRow& file : files) {
    if (request.files && IsFailed(file) && old_rows.contains(file.list_position % total)) {
      retry.warnings.push_back(fmt::format(
          "{}: left out: rows of shard {} were lost (a restore, a failover), and more of it may be "
          "sent than they say: a plan with --only-missing finds what the topic lacks",
          file.path, file.list_position % total));
      continue;
    }
    std::optional<FileItem> repaired;
    if (repaired_files && IsFailed(file)) {
      auto found = repaired_files->Of(file, stop);
      if (!found && found.error().code == Code::kStopped) return std::unexpected(found.error());
      if (!found) {
        retry.warnings.push_back(
            fmt::format("{}: left out: {}", file.path, found.error().ToString()));
        continue;
      }
      repaired = *std::move(found);
    }
    TRY(const auto errors, queries.ErrorRanges(request.job_id, file.list_position));
    std::uint64_t listed = 0;
    for (const ErrorRange& range : errors) {
      listed += range.count;
      if (range.approximate && Wanted(range, request)) approximate += range.count;
    }
    const std::uint64_t failed_lines = file.counters.lines_unsent();
    if (request.lines) lost += failed_lines - std::min(failed_lines, listed);
    FileItem item = ItemToRetry(file, errors, request, repaired);
    if (item.path.empty()) continue;
    if (item.ranges.empty() && file.path == config.start_file && config.start_line > 1) {
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
    if (IsFailed(file) && file.place.byte == 0 && IsGone(object, item)) {
      retry.warnings.push_back(
          fmt::format("{}: left out: another file is there now than the one whose parts were to be "
                      "read: plan it anew",
                      file.path));
      continue;
    }
    std::string tag = item.etag;
    retry.files.push_back({std::move(item), std::move(tag), {}, FileState::kPlanned});
  }
  if (approximate > 0) {
    retry.warnings.push_back(fmt::format(
        "{} failed lines are left out: their rows are approximate, and good lines, which were "
        "sent, lie between them",
        approximate));
  }
  if (lost > 0) {
    retry.warnings.push_back(fmt::format(
        "{} failed lines are left out: their rows were lost (a restore, a failover, a DELETE)",
        lost));
  }
  if (retry.files.empty()) {
    return Fatal("retry: nothing to retry" +
                     (retry.warnings.empty() ? std::string() : "; " + retry.warnings.back()),
                 request.job_id, "`reprocess errors` shows what failed", Code::kNotFound);
  }
  TRY(TakenUp by,
      TakenUpBy(request.job_id, queries, std::views::transform(retry.files, &PlannedFile::item)));
  if (!by.some.empty()) {
    retry.taken_up =
        fmt::format("some of these lines were already taken up by job {}, a retry of {}", by.some,
                    request.job_id);
  }
  retry.all_taken_up = std::move(by.all);
  retry.earlier = std::move(by.earlier);
  return retry;
}

}  // namespace reprocess
