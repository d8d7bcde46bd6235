#include "cli/status_view.h"

#include <algorithm>
#include <array>
#include <chrono>

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

// Rounded down: 100 % is all of it.
std::string Percent(double fraction) {
  return fmt::format("{} %", static_cast<int>(fraction * 100));
}

std::string Ago(Milliseconds age) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(age).count();
  return seconds < 60 ? fmt::format("{} s ago", seconds)
                      : HumanDuration(static_cast<double>(seconds)) + " ago";
}

// In a word or two, for a table.
std::string ShortStanding(const JobOverview& job) {
  const JobStanding& standing = job.standing;
  switch (standing.standing) {
    case Standing::kCompleted:
      if (standing.limit_reached) return "limit reached";
      return standing.exit == ExitCode::kFailedFiles ? "with errors" : "completed";
    case Standing::kPending:
    case Standing::kCancelled:
      return std::string(NameOf(standing.standing));
    default:
      return fmt::format("{} {}", NameOf(standing.standing), Percent(standing.progress));
  }
}

Colour ColourOf(Standing standing, bool errors) {
  switch (standing) {
    case Standing::kCompleted:
      return errors ? Colour::kYellow : Colour::kGreen;
    case Standing::kLost:
    case Standing::kFailed:
      return Colour::kRed;
    case Standing::kPaused:
    case Standing::kStopped:
      return Colour::kYellow;
    default:
      return Colour::kNone;
  }
}

// What else there is to say of a job.
std::vector<std::string> Notes(const JobOverview& job) {
  std::vector<std::string> notes;
  if (job.standing.dry_run) notes.emplace_back("dry run");
  if (!job.standing.retry_of.empty()) {
    notes.push_back("retry of " + Printable(job.standing.retry_of, 64));
  }
  return notes;
}

std::string LongStanding(const JobOverview& job) {
  const JobStanding& standing = job.standing;
  std::string text(NameOf(standing.standing));
  const std::uint64_t errors = job.job.sum.counters.errors();
  if (standing.standing == Standing::kLost) {
    text += fmt::format(" (last sign {})", Ago(standing.last_sign));
  } else if (standing.standing == Standing::kCompleted && errors > 0) {
    text += " with " + Plural(errors, "error");
  }
  if (standing.limit_reached) text += ", limit reached";
  for (const std::string& note : Notes(job)) text += ", " + note;
  return text + ", " + Percent(standing.progress);
}

std::string TargetText(const JobStanding& standing) {
  return standing.target ? Describe(*standing.target) : "its workers' topic";
}

std::string Joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::optional<Checkpoint> CheckpointOf(const ShardSummary& shard) {
  if (!shard.shard || shard.shard->checkpoint.empty()) return std::nullopt;
  const auto decoded = Decode(shard.shard->checkpoint);
  return decoded ? std::optional(*decoded) : std::nullopt;
}

std::string PathAt(const JobView& view, int list_position) {
  const auto path = view.paths.find(list_position);
  return path != view.paths.end() ? path->second : fmt::format("file {}", list_position);
}

// Where a shard with work left is: by its checkpoint, else by its worker's row.
std::string PlaceOf(const JobView& view, const ShardSummary& shard) {
  if (const auto checkpoint = CheckpointOf(shard)) {
    if (checkpoint->state != ShardState::kRunning) return {};
    return fmt::format("{}:{} (byte {}){}", Printable(PathAt(view, checkpoint->list_position), 200),
                       checkpoint->place.line, checkpoint->place.byte,
                       checkpoint->pass == Pass::kRetry ? ", retrying failed files" : "");
  }
  if (shard.worker.current_file.empty()) return {};
  return fmt::format("{}:{}", Printable(shard.worker.current_file, 200), shard.worker.current_line);
}

// What a run that has ended so would say; nothing while somebody works on it.
std::vector<NextStep> NextOf(const JobView& view, const JobOptions& options) {
  const JobStanding& standing = view.standing;
  switch (standing.standing) {
    case Standing::kPaused:
      return {
          {fmt::format("reprocess resume {}{}", view.job.id, options.database), "lets it go on"}};
    case Standing::kRunning:
    case Standing::kPending:
    case Standing::kCancelled:
      return {};
    default:
      break;
  }
  RunReport report;
  report.job_id = view.job.id;
  report.exit = standing.exit;
  for (const auto& error : view.reasons) report.counters[error.row.reason] += error.row.count;
  report.failed_files = view.failed_files;
  PreparedRun run;
  run.target = standing.target.value_or(Target{});
  if (standing.dry_run) run.target.kind = Destination::kNone;
  std::vector<NextStep> steps = NextSteps(report, run, options);
  // A worker's job is gone on with by its worker.
  if (!standing.target) {
    std::erase_if(steps,
                  [](const NextStep& step) { return step.command.starts_with("reprocess run "); });
  }
  return steps;
}

// Where nobody else can go on with it, and why.
std::string Advice(const JobView& view) {
  const Standing now = view.standing.standing;
  if (now == Standing::kLost) {
    return "Its worker gives no sign: it was killed, or is cut off. Whoever starts next fences it "
           "off and goes on from the checkpoint.\n";
  }
  if ((now == Standing::kStopped || now == Standing::kFailed) && !view.standing.target) {
    return "Start its worker again: it goes on from the checkpoint.\n";
  }
  return {};
}

std::string FailedFiles(const JobView& view, const Screen& screen) {
  std::string text;
  for (const auto& file : view.failed_files) {
    const std::string why = fmt::format("after line {} (byte {}): {}", file.place.line,
                                        file.place.byte, Printable(file.failure, 300));
    text +=
        fmt::format("  {}\n    {}\n", Printable(file.path, 200), Wrapped(why, screen.columns, 4));
  }
  return text.empty() ? text : "\nFailed files\n" + text;
}

// What a shard's owner last told, a line each.
void AddSigns(const JobView& view, const ShardSummary& shard, Table& table) {
  if (const std::string place = PlaceOf(view, shard); !place.empty()) table.AddBelow("at " + place);
  if (!shard.shard) return;
  const ShardRow& control = *shard.shard;
  const Standing standing = StandingOf(shard, view.life);
  std::string signs =
      fmt::format("{}, generation {}, owner {}@{}", NameOf(control.mode),
                  Thousands(control.owner.generation), control.owner.id, control.owner.host);
  const bool alive = standing == Standing::kRunning || standing == Standing::kPaused;
  if (alive || standing == Standing::kLost) {
    signs += ", last sign " + Ago(control.heartbeat_age);
  } else if (!control.stopped_at.empty()) {
    signs += ", ended " + control.stopped_at;
  }
  table.AddBelow(signs);
  if (alive && !control.throttle.empty()) {
    table.AddBelow("held by: " + Printable(control.throttle, 200));
  }
}

double ProgressOf(const WorkerRow& row, Standing standing) {
  if (row.total_bytes == 0) return standing == Standing::kCompleted ? 1 : 0;
  return std::min(1.0,
                  static_cast<double>(row.stored_bytes) / static_cast<double>(row.total_bytes));
}

std::string ShardTable(const JobView& view, const Screen& screen) {
  Table table({{"shard", Align::kRight},
               {"status"},
               {"done", Align::kRight},
               {"files", Align::kRight},
               {"lines", Align::kRight},
               {"sent", Align::kRight},
               {"skipped", Align::kRight},
               {"errors", Align::kRight}});
  for (const auto& shard : view.shards) {
    const WorkerRow& row = shard.worker;
    const Standing standing = StandingOf(shard, view.life);
    table.Add({std::to_string(shard.index), std::string(NameOf(standing)),
               Percent(ProgressOf(row, standing)), Done(row.processed_files, row.assigned_files),
               Thousands(row.counters.lines), Thousands(row.counters.success),
               Thousands(row.counters.skipped()), Thousands(row.counters.errors())});
    table.Paint(1, ColourOf(standing, row.counters.errors() > 0));
    AddSigns(view, shard, table);
  }
  return table.Render(screen);
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

Json SummaryJson(const JobOverview& overview) {
  const JobSummary& job = overview.job;
  const JobStanding& standing = overview.standing;
  const WorkerRow& sum = job.sum;
  Json config = Json::parse(job.config, nullptr, false);
  const bool lost = standing.standing == Standing::kLost;
  return {{"id", job.id},
          {"status", job.status},
          {"state", NameOf(standing.standing)},
          {"last_sign_ms", lost ? Json(standing.last_sign.count()) : Json(nullptr)},
          {"limit_reached", standing.limit_reached},
          {"dry_run", standing.dry_run},
          {"retry_of", OrNull(standing.retry_of)},
          {"retries", overview.retries},
          {"exit_code", static_cast<int>(standing.exit)},
          {"destination", standing.target ? Json(Describe(*standing.target)) : Json(nullptr)},
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

Json ShardJson(const ShardSummary& shard, Milliseconds life) {
  const WorkerRow& row = shard.worker;
  Json json = {{"shard", shard.index},
               {"status", NameOf(shard.status)},
               {"state", NameOf(StandingOf(shard, life))},
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
               {"total_bytes", row.total_bytes},
               {"stored_bytes", row.stored_bytes},
               {"error", OrNull(row.error)},
               {"mode", nullptr},
               {"owner", nullptr},
               {"host", nullptr},
               {"generation", nullptr},
               {"heartbeat_age_ms", nullptr},
               {"stopped_at", nullptr},
               {"throttle", nullptr},
               {"checkpoint", nullptr}};
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

std::string JobsText(const std::vector<JobOverview>& jobs, const Screen& screen) {
  if (jobs.empty()) return "no jobs\n";
  Table table({{"job"},
               {"status"},
               {"files", Align::kRight},
               {"sent", Align::kRight},
               {"errors", Align::kRight},
               {"took", Align::kRight}});
  for (const auto& job : jobs) {
    const WorkerRow& sum = job.job.sum;
    table.Add({Printable(job.job.id, 64), ShortStanding(job),
               Done(sum.processed_files, static_cast<std::uint64_t>(job.job.total_files)),
               Thousands(sum.counters.success), Thousands(sum.counters.errors()),
               job.seconds ? HumanDuration(*job.seconds) : ""});
    table.Paint(1, ColourOf(job.standing.standing, sum.counters.errors() > 0));
    std::vector<std::string> about = Notes(job);
    about.insert(about.begin(),
                 fmt::format("{} to {}", job.job.created_at, TargetText(job.standing)));
    if (!job.retries.empty()) about.push_back("retried by " + Joined(job.retries));
    table.AddBelow(Joined(about));
  }
  return table.Render(screen);
}

std::string JobsJson(const std::vector<JobOverview>& jobs) {
  Json list = Json::array();
  for (const auto& job : jobs) list.push_back(SummaryJson(job));
  return ToDocument({{"jobs", std::move(list)}});
}

std::string JobText(const JobView& view, const JobOptions& options, const Screen& screen) {
  constexpr std::size_t kTitle = 11;  // "completed" and two spaces
  const JobSummary& job = view.job;
  const WorkerRow& sum = job.sum;
  std::string text;
  const auto add = [&](std::string_view title, const std::string& value) {
    text += fmt::format("{:<{}}{}\n", title, kTitle, Wrapped(value, screen.columns, kTitle));
  };
  add("job", Printable(job.id, 64));
  add("status", LongStanding(view));
  add("to", TargetText(view.standing));
  add("created", job.created_at);
  if (!job.started_at.empty()) add("started", job.started_at);
  if (!job.completed_at.empty()) add("completed", job.completed_at);
  if (view.seconds) add("took", HumanDuration(*view.seconds));
  add("files", Done(sum.processed_files, static_cast<std::uint64_t>(job.total_files)));
  add("lines", fmt::format("{} = {} sent + {} skipped + {} errors", Thousands(sum.counters.lines),
                           Thousands(sum.counters.success), Thousands(sum.counters.skipped()),
                           Thousands(sum.counters.errors())));
  if (!view.retries.empty()) add("retried by", Joined(view.retries));
  const std::string& error = job.error.empty() ? sum.error : job.error;
  if (!error.empty()) add("error", Printable(error, 300));
  if (view.throttle.paused) add("paused", "by the operator");
  if (view.throttle.limits != ThrottleLimits{}) add("limits", LimitsText(view.throttle.limits));
  add("config", Printable(job.config, 1000));
  if (!view.shards.empty()) text += "\n" + ShardTable(view, screen);
  text += FailedFiles(view, screen);
  if (const auto reasons = ReasonTable(view.reasons, screen); !reasons.empty()) {
    text += "\nErrors, a sample each\n" + reasons;
  }
  if (const std::string advice = Advice(view); !advice.empty()) {
    text += "\n" + Wrapped(advice, screen.columns, 0);
  }
  return text + NextText(NextOf(view, options));
}

std::string JobJson(const JobView& view, const JobOptions& options) {
  Json json = SummaryJson(view);
  AddThrottle(view.throttle, json);
  json["shards"] = Json::array();
  for (const auto& shard : view.shards) json["shards"].push_back(ShardJson(shard, view.life));
  json["files"] = Json::object();
  for (std::size_t i = 0; i < view.files.size(); ++i) {
    json["files"][std::string(NameOf(static_cast<FileState>(i)))] = view.files.at(i);
  }
  json["failed_files"] = Json::array();
  for (const auto& file : view.failed_files) {
    json["failed_files"].push_back({{"path", file.path},
                                    {"line", file.place.line},
                                    {"byte", file.place.byte},
                                    {"reason", file.failure}});
  }
  json["error_samples"] = ToJson(view.reasons);
  json["next"] = Json::array();
  for (const NextStep& step : NextOf(view, options)) {
    json["next"].push_back({{"command", step.command}, {"why", step.why}});
  }
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
