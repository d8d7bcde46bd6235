#include "api/plan_request.h"

#include <nlohmann/json.hpp>

#include "api/body.h"
#include "config/normal_path.h"
#include "config/worker_config.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kConfigKeys[] = {"stream_ids",
                                       "connection_ids",
                                       "only_connections",
                                       "date_from",
                                       "date_to",
                                       "limit",
                                       "start_file",
                                       "start_line",
                                       "delivery",
                                       "max_errors",
                                       "max_messages_per_second",
                                       "max_bytes_per_second",
                                       "max_consumer_lag",
                                       "lag_groups"};

Json ConfigOf(Body& body, bool dry_run) {
  Json given = Json::object();
  for (const char* key : kConfigKeys) {
    Json value = body.Any(key);
    const bool nothing = value.is_null() || value == "" || (value.is_array() && value.empty());
    if (!nothing) given[key] = std::move(value);
  }
  if (dry_run) given["dry_run"] = true;
  return given;
}

// The keys of config.json, which know themselves what they may be.
Result<JobConfig> GivenOf(const Json& config) {
  std::vector<std::string> none;  // all keys are known
  return ParseJobConfig(config.dump(-1, ' ', false, Json::error_handler_t::replace), "body", none);
}

std::vector<std::string> PathsOf(Body& body) {
  std::vector<std::string> paths = body.Texts("paths");
  for (const char* key : {"s3_path", "local_path"}) {
    if (std::string path = body.Text(key); !path.empty()) paths.push_back(std::move(path));
  }
  return paths;
}

Result<Destination> DestinationOf(Body asked, bool dry_run, const ServeSettings& settings) {
  const std::string out = asked.Text("out");
  const Destination kafka{Destination::kKafka, asked.Text("kafka"), asked.Text("topic"), {}};
  TRY_OK(asked.Checked());
  const bool to_kafka = !kafka.brokers.empty() || !kafka.topic.empty();
  if (!out.empty() && (to_kafka || dry_run)) {
    return Invalid("read the body: destination: out goes with nothing else");
  }
  if (dry_run) return Destination{Destination::kNone, {}, {}, {}};
  if (!out.empty()) {
    TRY_OK(CheckLocal(settings, {out}));
    return Destination{Destination::kFiles, {}, {}, NormalPath(out)};
  }
  return DestinationOfNewJob(to_kafka ? std::optional(kafka) : std::nullopt, settings.work.kafka);
}

// nullopt: not said.
std::optional<bool> SendOf(Body& body, const char* key) {
  const std::string text = body.Text(key);
  if (text.empty()) return std::nullopt;
  if (text != "send" && text != "skip") body.Refuse(key, "send or skip");
  return text == "send";
}

std::optional<Planner::Missing> MissingOf(Body& body, const ServeSettings& settings) {
  const bool asked = body.Flag("only_missing").value_or(false);
  const auto outside = SendOf(body, "outside"), partly = SendOf(body, "partly"),
             foreign = SendOf(body, "foreign");
  const auto shards = body.Flag("shard_topics");
  const std::string since = body.Text("since");
  const auto time = ParseRfc3339(since);
  if (!since.empty() && !time) body.Refuse("since", "a time like 2026-05-01T06:00:00Z");
  if (!asked) {
    const bool of_it = outside || partly || foreign || shards || !since.empty();
    if (of_it) {
      body.Refuse("only_missing", "true, with outside, partly, foreign, since or shard_topics");
    }
    return std::nullopt;
  }
  OnlyMissing missing{.send_partly = partly.value_or(true), .send_outside = outside};
  missing.look.shard_topics = shards.value_or(false);
  missing.look.foreign = foreign.value_or(false);
  if (time) missing.look.since = time->time;
  return Planner::Missing{std::move(missing), settings.work.kafka};
}

Result<void> CheckIntoTopic(const AskedPlan& asked) {
  if (!asked.missing || asked.job.plan.destination.kind == Destination::kKafka) return {};
  return Invalid("read the body: only_missing: what is missing is told by a Kafka topic", {},
                 "name kafka and topic as its destination");
}

// By the rules of JOB_ID, of which it becomes one.
Result<std::string> JobIdOf(const std::string& job) {
  TRY(const EnvironmentConfig checked,
      LoadEnvironment([&](const std::string& name) -> std::optional<std::string> {
        if (name != "JOB_ID" || job.empty()) return std::nullopt;
        return job;
      }));
  return checked.job_id;
}

}  // namespace

PlanJobRequest NewPlanRequest(ApiContext& api) {
  PlanJobRequest request;
  request.settings = api.settings.work.settings;
  request.repository = api.settings.work.repository;
  request.plan.shards = api.launcher.workers_by_default();
  return request;
}

Result<AskedPlan> PlanRequestOf(ApiContext& api, const HttpServer::Request& request) {
  TRY(Body body, Body::Of(request));
  AskedPlan asked{NewPlanRequest(api), {}};
  PlanRequest& plan = asked.job.plan;
  const bool dry_run = body.Flag("dry_run").value_or(false);
  PlanSource& source = plan.source;
  source.paths = PathsOf(body);
  source.manifest = body.Text("manifest");
  if (source.paths.empty() == source.manifest.empty()) {
    body.Refuse("paths", "name the files: paths, s3_path or local_path; or a manifest instead");
  }
  source.check_path = [settings = &api.settings](const std::string& path) {
    return CheckLocal(*settings, {path});
  };
  source.files = body.Texts("files");
  plan.new_only = body.Flag("new_only").value_or(false);
  const auto workers = body.Whole("workers", kMostShards).value_or(0);
  if (workers > 0) plan.shards = static_cast<int>(workers);
  asked.missing = MissingOf(body, api.settings);
  const std::string job = body.Text("job");
  const Json config = ConfigOf(body, dry_run);
  Body destination = body.Object("destination");
  TRY_OK(body.Checked());
  TRY(const std::string named, JobIdOf(job));
  plan.job_id = named.empty() ? NewJobId(api.world.clock.Wall()) : named;
  TRY(plan.given, GivenOf(config));
  TRY(plan.destination, DestinationOf(std::move(destination), dry_run, api.settings));
  TRY_OK(CheckIntoTopic(asked));
  TRY_OK(CheckLocal(api.settings, source.paths));
  if (!source.manifest.empty()) TRY_OK(CheckLocal(api.settings, {source.manifest}));
  return asked;
}

Result<void> CheckLocal(const ServeSettings& settings, const std::vector<std::string>& paths) {
  const std::string& root = settings.work.settings.local_root;
  const bool ours_alone = !settings.has_tokens() && !settings.no_auth;
  for (const std::string& path : paths) {
    if (path.starts_with("s3://")) continue;
    if (!path.starts_with('/')) {
      return Invalid("read the path: expected s3://bucket/prefix, or an absolute path", path);
    }
    if (root.empty() && ours_alone) continue;
    const std::string normal = NormalPath(path);
    const std::string below = root == "/" ? root : root + "/";
    if (!root.empty() && (normal == root || normal.starts_with(below))) continue;
    return Invalid("read the path: it is not below REPROCESS_LOCAL_ROOT", path,
                   root.empty() ? "set REPROCESS_LOCAL_ROOT to the folder whose files may be read"
                                : "name files below " + root);
  }
  return {};
}

}  // namespace reprocess
