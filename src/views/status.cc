#include "views/status.h"

#include "views/json.h"

namespace reprocess {
namespace {

void AddThrottle(const JobThrottle& throttle, Json& json) {
  const ThrottleLimits& limits = throttle.limits;
  json["paused"] = throttle.paused;
  json["limits"] = {{"max_messages_per_second", limits.max_messages_per_second},
                    {"max_bytes_per_second", limits.max_bytes_per_second},
                    {"max_consumer_lag", limits.max_consumer_lag},
                    {"lag_groups", limits.lag_groups},
                    {"max_errors", limits.max_errors ? Json(ToText(*limits.max_errors)) : nullptr}};
}

Json SummaryJson(const JobOverview& overview) {
  const JobSummary& job = overview.job;
  const JobStanding& standing = overview.standing;
  const WorkerRow& sum = job.sum;
  Json config = Json::parse(job.config, nullptr, false);
  const bool lost = standing.standing == Standing::kLost;
  return {
      {"id", job.id},
      {"status", job.status},
      {"state", NameOf(standing.standing)},
      {"phase", OrNull(PhaseOf(overview))},
      {"last_sign_ms", lost ? Json(standing.last_sign.count()) : Json(nullptr)},
      {"limit_reached", standing.limit_reached},
      {"dry_run", standing.dry_run},
      {"retry_of", OrNull(standing.retry_of)},
      {"retries", overview.retries},
      {"exit_code", ExitCodeOf(standing.outcome)},
      {"destination", standing.destination ? Json(Describe(*standing.destination)) : Json(nullptr)},
      {"created_at", OrNull(job.created_at)},
      {"started_at", OrNull(job.started_at)},
      {"completed_at", OrNull(job.completed_at)},
      {"seconds", overview.seconds ? Json(*overview.seconds) : Json(nullptr)},
      {"total_workers", job.total_workers},
      {"total_files", job.total_files},
      {"processed_files", sum.processed_files},
      {"total_lines", sum.counters.lines},
      {"success_count", sum.counters.success},
      {"skipped_count", sum.counters.skipped()},
      {"error_count", sum.counters.errors()},
      {"total_bytes", sum.total_bytes},
      {"processed_bytes", sum.processed_bytes},
      {"stored_bytes", standing.stored_bytes},
      {"progress", standing.progress},
      {"error", OrNull(job.error.empty() ? sum.error : job.error)},
      {"config", config.is_discarded() ? Json(job.config) : std::move(config)}};
}

Json ShardJson(const ShardSummary& shard, Milliseconds life) {
  const WorkerRow& row = shard.worker;
  ObjectBuilder fields(26);
  fields.Add("shard", shard.index)
      .Add("status", NameOf(shard.status))
      .Add("state", NameOf(StandingOf(shard, life)))
      .Add("started_at", OrNull(shard.started_at))
      .Add("updated_at", OrNull(shard.updated_at))
      .Add("completed_at", OrNull(shard.completed_at))
      .Add("assigned_files", row.assigned_files)
      .Add("processed_files", row.processed_files)
      .Add("total_lines", row.counters.lines)
      .Add("success_count", row.counters.success)
      .Add("skipped_count", row.counters.skipped())
      .Add("error_count", row.counters.errors())
      .Add("current_file", OrNull(row.current_file))
      .Add("current_line", row.current_line)
      .Add("total_bytes", row.total_bytes)
      .Add("stored_bytes", row.stored_bytes)
      .Add("error", OrNull(row.error))
      .Add("mode", nullptr)
      .Add("owner", nullptr)
      .Add("host", nullptr)
      .Add("generation", nullptr)
      .Add("heartbeat_age_ms", nullptr)
      .Add("stopped_at", nullptr)
      .Add("throttle", nullptr)
      .Add("consumer_lag", nullptr)
      .Add("checkpoint", nullptr);
  Json json = fields.Made();
  if (shard.shard) {
    json["mode"] = NameOf(shard.shard->mode);
    json["owner"] = shard.shard->owner.id;
    json["host"] = shard.shard->owner.host;
    json["generation"] = shard.shard->owner.generation;
    if (!shard.shard->given_back()) {
      json["heartbeat_age_ms"] = shard.shard->heartbeat_age.count();
    }
    json["stopped_at"] = OrNull(shard.shard->stopped_at);
    json["throttle"] = OrNull(shard.shard->throttle);
    if (shard.shard->consumer_lag) json["consumer_lag"] = *shard.shard->consumer_lag;
    if (shard.checkpoint) json["checkpoint"] = ToJson(*shard.checkpoint);
  }
  return json;
}

// Without what only_connections came to, stream by stream: half a megabyte for some jobs.
Json ListJson(const std::vector<JobOverview>& jobs) {
  Json list = Json::array();
  for (const auto& job : jobs) {
    list.push_back(SummaryJson(job));
    Json& config = list.back()["config"];
    if (config.is_object()) config.erase("stream_connections");
  }
  return list;
}

Json ShardsJson(const JobView& view) {
  Json list = Json::array();
  for (const auto& shard : view.shards) list.push_back(ShardJson(shard, view.life));
  return list;
}

}  // namespace

std::string JobsJson(const std::vector<JobOverview>& jobs) {
  return ToDocument({{"jobs", ListJson(jobs)}});
}

std::string JobsPageJson(const std::vector<JobOverview>& jobs, const std::string& next) {
  return ToDocument({{"jobs", ListJson(jobs)}, {"next", OrNull(next)}});
}

std::string WorkersJson(const JobView& view) {
  return ToDocument({{"workers", ShardsJson(view)}});
}

std::string JobJson(const JobView& view, const std::vector<NextStep>& next) {
  Json json = SummaryJson(view);
  AddThrottle(view.throttle, json);
  json["shards"] = ShardsJson(view);
  json["files"] = ToJson(view.files);
  json["failed_files"] = ToJson(view.failed_files);
  json["error_samples"] = ToJson(view.reasons);
  json["next"] = ToJson(next);
  return ToDocument(json);
}

std::string PhaseEvent(const JobOverview& job) {
  Json event = Event("phase");
  event.update({{"status", job.job.status},
                {"state", NameOf(job.standing.standing)},
                {"phase", OrNull(PhaseOf(job))}});
  return ToLine(event);
}

std::string EndedEvent(const JobOverview& job, Outcome outcome) {
  Json event = Event("ended");
  event.update({{"status", job.job.status},
                {"state", NameOf(job.standing.standing)},
                {"exit_code", ExitCodeOf(outcome)},
                {"sent", job.job.sum.counters.success},
                {"errors", job.job.sum.counters.errors()},
                {"error", OrNull(job.job.error)}});
  return ToLine(event);
}

std::string CancelledJson(const JobOverview& job) {
  return ToDocument(
      {{"job", job.job.id}, {"status", job.job.status}, {"sent", job.job.sum.counters.success}});
}

std::string SuspendedJson(const std::string& job_id, bool suspended) {
  return ToDocument({{"job", job_id}, {"suspended", suspended}});
}

std::string ScaleJson(const std::string& job_id, int pods) {
  return ToDocument({{"job", job_id}, {"parallelism", pods}});
}

std::string ReleasedJson(const std::string& job_id, int worker, const std::string& pod,
                         const std::string& node) {
  return ToDocument({{"job", job_id}, {"worker", worker}, {"pod", pod}, {"node", node}});
}

std::string ThrottleJson(const std::string& job_id, const JobThrottle& throttle) {
  Json json = {{"job", job_id}};
  AddThrottle(throttle, json);
  json["ended"] = OrNull(throttle.ended);
  return ToDocument(json);
}

}  // namespace reprocess
