#include "cli/status_view.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/reasons.h"
#include "cli/table.h"

namespace reprocess {
namespace {

std::string Done(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? Thousands(part) : Thousands(part) + "/" + Thousands(whole);
}

double ProgressOf(const WorkerRow& row, const std::string& status) {
  if (status == "completed") return 1;
  if (row.total_bytes == 0) return 0;
  return std::min(1.0,
                  static_cast<double>(row.processed_bytes) / static_cast<double>(row.total_bytes));
}

std::string Percent(double fraction) {
  return fmt::format("{:.0f} %", fraction * 100);
}

std::optional<Checkpoint> CheckpointOf(const ShardSummary& shard) {
  if (!shard.shard || shard.shard->checkpoint.empty()) return std::nullopt;
  const auto decoded = Decode(shard.shard->checkpoint);
  return decoded ? std::optional(*decoded) : std::nullopt;
}

std::string PathAt(const JobView& view, int list_position) {
  for (const auto& file : view.files) {
    if (file.list_position == list_position) return file.path;
  }
  return fmt::format("file {}", list_position);
}

// Where a shard is: by its checkpoint, else by its worker's row.
std::string PlaceOf(const JobView& view, const ShardSummary& shard) {
  if (const auto checkpoint = CheckpointOf(shard)) {
    if (checkpoint->state != ShardState::kRunning) return std::string(NameOf(checkpoint->state));
    return fmt::format("{}:{} (byte {}){}", Printable(PathAt(view, checkpoint->list_position), 200),
                       checkpoint->place.line, checkpoint->place.byte,
                       checkpoint->pass == Pass::kRetry ? ", retrying failed files" : "");
  }
  if (shard.worker.current_file.empty()) return {};
  return fmt::format("{}:{}", Printable(shard.worker.current_file, 200), shard.worker.current_line);
}

std::array<std::uint64_t, 6> FileCounts(const JobView& view) {
  std::array<std::uint64_t, 6> counts{};
  for (const auto& file : view.files) ++counts.at(static_cast<std::size_t>(file.state));
  return counts;
}

std::string FailedFiles(const JobView& view) {
  std::string text;
  for (const auto& file : view.files) {
    if (file.state != FileState::kFailed) continue;
    text += fmt::format("  {}\n    after line {} (byte {}): {}\n", Printable(file.path, 200),
                        file.place.line, file.place.byte, Printable(file.failure, 300));
  }
  return text.empty() ? text : "\nFailed files\n" + text;
}

std::string ShardTable(const JobView& view) {
  Table table({{"shard", Align::kRight},
               {"status"},
               {"files", Align::kRight},
               {"lines", Align::kRight},
               {"sent", Align::kRight},
               {"skipped", Align::kRight},
               {"errors", Align::kRight},
               {"mode"},
               {"generation", Align::kRight},
               {"owner"},
               {"last sign"},
               {"held by"},
               {"place"}});
  for (const auto& shard : view.shards) {
    const WorkerRow& row = shard.worker;
    std::vector<std::string> cells = {std::to_string(shard.index),
                                      std::string(NameOf(shard.status)),
                                      Done(row.processed_files, row.assigned_files),
                                      Thousands(row.counters.lines),
                                      Thousands(row.counters.success),
                                      Thousands(row.counters.skipped()),
                                      Thousands(row.counters.errors())};
    if (shard.shard) {
      const ShardRow& control = *shard.shard;
      const double age = static_cast<double>(control.heartbeat_age.count()) / 1000;
      cells.insert(cells.end(),
                   {std::string(NameOf(control.mode)), Thousands(control.owner.generation),
                    control.owner.id + "@" + control.owner.host, HumanDuration(age) + " ago",
                    Printable(control.throttle, 200), PlaceOf(view, shard)});
    } else {
      cells.insert(cells.end(), {"", "", "", "", "", PlaceOf(view, shard)});
    }
    table.Add(std::move(cells));
  }
  return table.Render();
}

std::string LimitsText(const ThrottleLimits& limits) {
  std::vector<std::string> parts;
  if (limits.max_messages_per_second > 0) {
    parts.push_back(Thousands(limits.max_messages_per_second) + " messages/s");
  }
  if (limits.max_bytes_per_second > 0) {
    parts.push_back(Thousands(limits.max_bytes_per_second) + " bytes/s");
  }
  if (limits.WatchesLag()) {
    parts.push_back(fmt::format("consumer lag {} of {}", Thousands(limits.max_consumer_lag),
                                fmt::join(limits.lag_groups, ", ")));
  }
  if (limits.max_errors) parts.push_back("errors " + ToText(*limits.max_errors));
  return parts.empty() ? "none" : Printable(fmt::format("{}", fmt::join(parts, ", ")), 300);
}

void AddThrottle(const JobThrottle& throttle, Json& json) {
  const ThrottleLimits& limits = throttle.limits;
  json["paused"] = throttle.paused;
  json["limits"] = {{"max_messages_per_second", limits.max_messages_per_second},
                    {"max_bytes_per_second", limits.max_bytes_per_second},
                    {"max_consumer_lag", limits.max_consumer_lag},
                    {"lag_groups", limits.lag_groups},
                    {"max_errors", limits.max_errors ? Json(ToText(*limits.max_errors)) : nullptr}};
}

Json SummaryJson(const JobSummary& job) {
  const WorkerRow& sum = job.sum;
  Json config = Json::parse(job.config, nullptr, false);
  return {{"id", job.id},
          {"status", job.status},
          {"created_at", OrNull(job.created_at)},
          {"started_at", OrNull(job.started_at)},
          {"completed_at", OrNull(job.completed_at)},
          {"total_workers", job.total_workers},
          {"total_files", job.total_files},
          {"processed_files", sum.processed_files},
          {"total_lines", sum.counters.lines},
          {"success_count", sum.counters.success},
          {"skipped_count", sum.counters.skipped()},
          {"error_count", sum.counters.errors()},
          {"total_bytes", sum.total_bytes},
          {"processed_bytes", sum.processed_bytes},
          {"progress", ProgressOf(sum, job.status)},
          {"error", OrNull(job.error.empty() ? sum.error : job.error)},
          {"config", config.is_discarded() ? Json(job.config) : std::move(config)}};
}

Json CheckpointJson(const Checkpoint& checkpoint) {
  return {{"state", NameOf(checkpoint.state)},
          {"pass", checkpoint.pass == Pass::kFirst ? "first" : "retry"},
          {"generation", checkpoint.generation},
          {"list_position", checkpoint.list_position},
          {"line", checkpoint.place.line},
          {"byte", checkpoint.place.byte},
          {"failed_files", checkpoint.failed_files},
          {"counters", ToJson(checkpoint.shard)}};
}

Json ShardJson(const ShardSummary& shard) {
  const WorkerRow& row = shard.worker;
  Json json = {{"shard", shard.index},
               {"status", NameOf(shard.status)},
               {"started_at", OrNull(shard.started_at)},
               {"updated_at", OrNull(shard.updated_at)},
               {"completed_at", OrNull(shard.completed_at)},
               {"assigned_files", row.assigned_files},
               {"processed_files", row.processed_files},
               {"total_lines", row.counters.lines},
               {"success_count", row.counters.success},
               {"skipped_count", row.counters.skipped()},
               {"error_count", row.counters.errors()},
               {"current_file", OrNull(row.current_file)},
               {"current_line", row.current_line},
               {"error", OrNull(row.error)},
               {"mode", nullptr},
               {"owner", nullptr},
               {"host", nullptr},
               {"generation", nullptr},
               {"heartbeat_age_ms", nullptr},
               {"throttle", nullptr},
               {"checkpoint", nullptr}};
  if (shard.shard) {
    json["mode"] = NameOf(shard.shard->mode);
    json["owner"] = shard.shard->owner.id;
    json["host"] = shard.shard->owner.host;
    json["generation"] = shard.shard->owner.generation;
    json["heartbeat_age_ms"] = shard.shard->heartbeat_age.count();
    json["throttle"] = OrNull(shard.shard->throttle);
    if (const auto checkpoint = CheckpointOf(shard))
      json["checkpoint"] = CheckpointJson(*checkpoint);
  }
  return json;
}

std::string PlaceOf(const ResetShard& shard) {
  if (!shard.unreadable.empty()) return shard.unreadable;
  if (!shard.checkpoint) return "none";
  const Checkpoint& checkpoint = *shard.checkpoint;
  return fmt::format("{}, file {}, line {} (byte {})", NameOf(checkpoint.state),
                     checkpoint.list_position, checkpoint.place.line, checkpoint.place.byte);
}

}  // namespace

std::string JobsText(const std::vector<JobSummary>& jobs) {
  if (jobs.empty()) return "no jobs\n";
  Table table({{"job"},
               {"status"},
               {"created"},
               {"done", Align::kRight},
               {"files", Align::kRight},
               {"lines", Align::kRight},
               {"sent", Align::kRight},
               {"skipped", Align::kRight},
               {"errors", Align::kRight}});
  for (const auto& job : jobs) {
    const WorkerRow& sum = job.sum;
    table.Add({Printable(job.id, 64), job.status, job.created_at,
               Percent(ProgressOf(sum, job.status)),
               Done(sum.processed_files, static_cast<std::uint64_t>(job.total_files)),
               Thousands(sum.counters.lines), Thousands(sum.counters.success),
               Thousands(sum.counters.skipped()), Thousands(sum.counters.errors())});
  }
  return table.Render();
}

std::string JobsJson(const std::vector<JobSummary>& jobs) {
  Json list = Json::array();
  for (const auto& job : jobs) list.push_back(SummaryJson(job));
  return ToDocument({{"jobs", std::move(list)}});
}

std::string JobText(const JobView& view) {
  const JobSummary& job = view.job;
  const WorkerRow& sum = job.sum;
  Table head({{}, {}}, "");
  head.Add({"job", Printable(job.id, 64)});
  head.Add({"status", fmt::format("{}, {}", job.status, Percent(ProgressOf(sum, job.status)))});
  head.Add({"created", job.created_at});
  if (!job.started_at.empty()) head.Add({"started", job.started_at});
  if (!job.completed_at.empty()) head.Add({"completed", job.completed_at});
  head.Add({"files", Done(sum.processed_files, static_cast<std::uint64_t>(job.total_files))});
  head.Add(
      {"lines", fmt::format("{} = {} sent + {} skipped + {} errors", Thousands(sum.counters.lines),
                            Thousands(sum.counters.success), Thousands(sum.counters.skipped()),
                            Thousands(sum.counters.errors()))});
  const std::string& error = job.error.empty() ? sum.error : job.error;
  if (!error.empty()) head.Add({"error", Printable(error, 300)});
  if (view.throttle.paused) head.Add({"paused", "`reprocess resume` lets it go on"});
  if (view.throttle.limits != ThrottleLimits{}) {
    head.Add({"limits", LimitsText(view.throttle.limits)});
  }
  head.Add({"config", Printable(job.config, 1000)});
  std::string text = head.Render();
  if (!view.shards.empty()) text += "\n" + ShardTable(view);
  text += FailedFiles(view);
  if (const auto reasons = ReasonTable(view.reasons); !reasons.empty()) {
    text += "\nErrors, a sample each\n" + reasons;
  }
  return text;
}

std::string JobJson(const JobView& view) {
  Json json = SummaryJson(view.job);
  AddThrottle(view.throttle, json);
  json["shards"] = Json::array();
  for (const auto& shard : view.shards) json["shards"].push_back(ShardJson(shard));
  json["files"] = Json::object();
  const auto counts = FileCounts(view);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    json["files"][std::string(NameOf(static_cast<FileState>(i)))] = counts.at(i);
  }
  json["failed_files"] = Json::array();
  for (const auto& file : view.files) {
    if (file.state != FileState::kFailed) continue;
    json["failed_files"].push_back({{"path", file.path},
                                    {"line", file.place.line},
                                    {"byte", file.place.byte},
                                    {"reason", file.failure}});
  }
  json["error_samples"] = ToJson(view.reasons);
  return ToDocument(json);
}

std::string ThrottleText(const std::string& job_id, const JobThrottle& throttle) {
  std::string text =
      fmt::format("job {}: {}; limits: {}\n", Printable(job_id, 64),
                  throttle.paused ? "paused" : "not paused", LimitsText(throttle.limits));
  if (!throttle.ended.empty()) {
    text += fmt::format("It has ended, {}: this is for when it is run again.\n", throttle.ended);
  }
  return text;
}

std::string ThrottleJson(const std::string& job_id, const JobThrottle& throttle) {
  Json json = {{"job", job_id}};
  AddThrottle(throttle, json);
  json["ended"] = OrNull(throttle.ended);
  return ToDocument(json);
}

std::string ResetText(const ResetPlan& plan) {
  if (plan.shards.empty()) {
    return fmt::format("job {}: no shard was begun; a reset forgets which files it was to be of.\n",
                       plan.job_id);
  }
  Table table({{"shard", Align::kRight},
               {"mode"},
               {"generation", Align::kRight},
               {"owner"},
               {"checkpoint"},
               {"sent again", Align::kRight}},
              "  ");
  std::uint64_t sent = 0;
  for (const auto& shard : plan.shards) {
    sent += shard.sent;
    table.Add({std::to_string(shard.index), std::string(NameOf(shard.mode)),
               Thousands(shard.owner.generation), shard.owner.id + "@" + shard.owner.host,
               PlaceOf(shard), Thousands(shard.sent)});
  }
  return fmt::format("job {}, to {}\n\n{}\nA reset starts {} over: {} will be sent again.\n",
                     plan.job_id, Describe(plan.target), table.Render(),
                     plan.shards.size() == 1 ? "this shard" : "these shards",
                     Plural(sent, "message"));
}

std::string ResetJson(const ResetPlan& plan) {
  Json json = {{"job", plan.job_id}, {"reset", true}, {"shards", Json::array()}};
  for (const auto& shard : plan.shards) {
    json["shards"].push_back(
        {{"shard", shard.index},
         {"mode", NameOf(shard.mode)},
         {"generation", shard.owner.generation},
         {"sent_again", shard.sent},
         {"checkpoint", shard.checkpoint ? CheckpointJson(*shard.checkpoint) : Json(nullptr)},
         {"unreadable", OrNull(shard.unreadable)}});
  }
  return ToDocument(json);
}

}  // namespace reprocess
