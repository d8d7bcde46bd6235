#include "views/admin.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>

#include <fmt/format.h>

#include "views/json.h"

namespace reprocess {
namespace {

constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";

std::string Compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "2026-05-01T00:00:00Z" of "2026-05-01T00:00:00.114Z".
std::string WholeSeconds(const std::string& time) {
  constexpr std::size_t kSeconds = std::string_view("2026-05-01T00:00:00").size();
  return time.size() > kSeconds ? time.substr(0, kSeconds) + "Z" : time;
}

void AddUnlessEmpty(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = text;
}

// As Go writes it: whole numbers without a point.
Json Progress(std::uint64_t processed, int total) {
  if (total <= 0) return 0;
  const double progress = static_cast<double>(processed) / total;
  if (progress == std::floor(progress)) return static_cast<std::uint64_t>(progress);
  return progress;
}

Json ConfigJson(const std::string& text) {
  const Json stored = Json::parse(text, nullptr, false);
  const auto at = [&](const char* key) {
    return stored.is_object() && stored.contains(key) ? stored[key] : Json(nullptr);
  };
  Json config = Json::object();
  const auto copy = [&](std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      const Json value = at(key);
      const bool empty =
          value.is_null() || value == "" || value == 0 || (value.is_array() && value.empty());
      if (!empty) config[key] = value;
    }
  };
  copy({"s3_path", "local_path", "stream_ids", "connection_ids", "files"});
  config["dry_run"] = at("dry_run") == true;
  copy({"start_file", "start_line", "batch_size", "retry_attempts"});
  for (const char* key : {"date_from", "date_to"}) {
    const Json value = at(key);
    config[key] = value.is_string() && value != "" ? value : Json(kNoTime);
  }
  copy({"limit"});
  return config;
}

const ShardSummary* WhereItIs(const std::vector<ShardSummary>& shards) {
  const ShardSummary* last = nullptr;
  for (const ShardSummary& shard : shards) {
    if (shard.status != WorkerStatus::kRunning) continue;
    if (last == nullptr || shard.updated_at > last->updated_at) last = &shard;
  }
  return last;
}

Json CountsJson(const PodCounts& counts) {
  Json json = {
      {"active", counts.active}, {"succeeded", counts.succeeded}, {"failed", counts.failed}};
  if (counts.ready) json["ready"] = *counts.ready;
  AddUnlessEmpty(json, "completion_time", WholeSeconds(counts.completion_time));
  AddUnlessEmpty(json, "start_time", WholeSeconds(counts.start_time));
  return json;
}

Json JobToJson(const JobSummary& job, const std::vector<ShardSummary>& shards,
               const std::optional<PodCounts>& counts) {
  const WorkerRow& sum = job.sum;
  const ShardSummary* at = WhereItIs(shards);
  Json json = {{"id", job.id}, {"status", job.status}, {"config", ConfigJson(job.config)}};
  json["created_at"] = WholeSeconds(job.created_at);
  AddUnlessEmpty(json, "started_at", WholeSeconds(job.started_at));
  AddUnlessEmpty(json, "completed_at", WholeSeconds(job.completed_at));
  if (at != nullptr) AddUnlessEmpty(json, "current_file", at->worker.current_file);
  json["current_line"] = at == nullptr ? 0 : at->worker.current_line;
  if (at != nullptr) AddUnlessEmpty(json, "current_timestamp", at->worker.current_ts);
  json["total_files"] = job.total_files;
  json["processed_files"] = sum.processed_files;
  json["total_lines"] = sum.counters.lines;
  json["success_count"] = sum.counters.success;
  json["error_count"] = sum.counters.errors();
  json["skipped_count"] = sum.counters.skipped();
  json["processed_bytes"] = sum.processed_bytes;
  AddUnlessEmpty(json, "last_error", job.error);
  json["progress"] = Progress(sum.processed_files, job.total_files);
  if (job.total_workers > 0) json["total_workers"] = job.total_workers;
  AddUnlessEmpty(json, "k8s_job_name", job.kubernetes_name);
  if (counts) json["k8s_job_status"] = CountsJson(*counts);
  return json;
}

Json WorkerJson(const ShardSummary& shard) {
  const WorkerRow& row = shard.worker;
  Json json = {{"assigned_files", row.assigned_files}};
  AddUnlessEmpty(json, "completed_at", WholeSeconds(shard.completed_at));
  AddUnlessEmpty(json, "current_file", row.current_file);
  json["current_line"] = row.current_line;
  AddUnlessEmpty(json, "current_ts", row.current_ts);
  AddUnlessEmpty(json, "error", row.error);
  json["error_count"] = row.counters.errors();
  json["processed_bytes"] = row.processed_bytes;
  json["processed_files"] = row.processed_files;
  json["skipped_count"] = row.counters.skipped();
  AddUnlessEmpty(json, "started_at", WholeSeconds(shard.started_at));
  json["status"] = NameOf(shard.status);
  json["success_count"] = row.counters.success;
  json["total_lines"] = row.counters.lines;
  json["updated_at"] = WholeSeconds(shard.updated_at);
  json["worker_index"] = shard.index;
  return json;
}

// With nine digits, as Kubernetes writes them.
std::string LogTime(const PreciseTime& time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time);
  const auto nanos = std::chrono::nanoseconds(time.time - seconds).count() + time.nanos;
  std::string text = FormatRfc3339(seconds);
  text.pop_back();
  return fmt::format("{}.{:09}Z", text, nanos);
}

}  // namespace

std::string AdminErrorJson(const std::string& what) {
  return Compact({{"error", what}});
}

std::string AdminJobJson(const JobSummary& job, const std::vector<ShardSummary>& shards,
                         const std::optional<PodCounts>& counts) {
  return Compact(JobToJson(job, shards, counts));
}

std::string AdminJobsJson(const std::vector<JobSummary>& jobs) {
  Json list = Json::array();
  for (const JobSummary& job : jobs) list.push_back(JobToJson(job, {}, std::nullopt));
  return Compact({{"jobs", std::move(list)}});
}

std::string AdminWorkersJson(const std::optional<std::vector<ShardSummary>>& shards) {
  if (!shards) return R"({"workers":null})";
  Json list = Json::array();
  for (const ShardSummary& shard : *shards) list.push_back(WorkerJson(shard));
  return Compact({{"workers", std::move(list)}});
}

std::string AdminLogsJson(const std::string& job_id, const std::vector<JobLogLine>& lines) {
  std::map<std::string, Json> pods;
  for (const JobLogLine& line : lines) {
    auto [pod, made] = pods.try_emplace(line.pod);
    if (made) {
      pod->second = {
          {"worker_index", line.worker}, {"pod_name", line.pod}, {"lines", Json::array()}};
    }
    pod->second["lines"].push_back(LogTime(line.time) + " " + line.text);
  }
  Json logs = nullptr;
  for (auto& pod : pods | std::views::values) logs.push_back(std::move(pod));
  return Compact({{"job_id", job_id}, {"logs", std::move(logs)}, {"sorted", false}});
}

std::string AdminNoLogsJson(const std::string& job_id, std::vector<AdminPodProblem> problems,
                            bool sorted) {
  std::ranges::stable_sort(problems, {}, &AdminPodProblem::pod);
  Json list = nullptr;
  for (const auto& [worker, pod, error] : problems) {
    Json one = {{"worker_index", worker}, {"pod_name", pod}};
    if (sorted) {
      one = {{"timestamp", ""},
             {"worker_index", worker},
             {"pod_name", pod},
             {"message", "ERROR: " + error}};
    } else {
      one["lines"] = Json::array();
      one["error"] = error;
    }
    list.push_back(std::move(one));
  }
  return Compact(
      {{"job_id", job_id}, {sorted ? "lines" : "logs", std::move(list)}, {"sorted", sorted}});
}

std::string AdminSortedLogsJson(const std::string& job_id, std::vector<JobLogLine> lines) {
  std::ranges::stable_sort(lines, {}, &JobLogLine::time);
  Json list = nullptr;
  for (const JobLogLine& line : lines) {
    list.push_back({{"timestamp", LogTime(line.time)},
                    {"worker_index", line.worker},
                    {"pod_name", line.pod},
                    {"message", line.text}});
  }
  return Compact({{"job_id", job_id}, {"lines", std::move(list)}, {"sorted", true}});
}

}  // namespace reprocess
