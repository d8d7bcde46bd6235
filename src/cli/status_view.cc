#include "cli/status_view.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/numbers.h"
#include "cli/reasons.h"
#include "cli/table.h"
#include "model/failure_kind.h"
#include "plan/plan_config.h"
#include "views/plan.h"
#include "views/status.h"

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
      return ExitCodeOf(standing.outcome) == 0 ? "completed" : "with errors";
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
  return standing.destination ? Describe(*standing.destination) : "its workers' topic";
}

std::string SubmittedText(const KubernetesNote& note) {
  return fmt::format("to Kubernetes namespace {} by {}{}", note.name_space,
                     Printable(note.submitted_by, 64),
                     note.reason.empty() ? "" : ": " + Printable(note.reason, 300));
}

std::string Joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ", "));
}

using Paths = std::map<int, std::string>;

std::string PathAt(const Paths& paths, int list_position) {
  const auto path = paths.find(list_position);
  return path != paths.end() ? path->second : fmt::format("file {}", list_position);
}

// Where a shard with work left is: by its checkpoint, else by its worker's row.
std::string PlaceOf(const Paths& paths, const ShardSummary& shard) {
  if (const auto& checkpoint = shard.checkpoint) {
    if (checkpoint->state != ShardState::kRunning) return {};
    return fmt::format("{}:{} (byte {}){}",
                       Printable(PathAt(paths, checkpoint->list_position), 200),
                       checkpoint->place.line, checkpoint->place.byte,
                       checkpoint->pass == Pass::kRetry ? ", retrying failed files" : "");
  }
  if (shard.worker.current_file.empty()) return {};
  return fmt::format("{}:{}", Printable(shard.worker.current_file, 200), shard.worker.current_line);
}

// Where nobody else can go on with it, and why.
std::string Advice(const JobView& view) {
  const Standing now = view.standing.standing;
  if (now == Standing::kLost) {
    return "Its worker gives no sign: it was killed, or is cut off. Whoever starts next fences it "
           "off and goes on from the checkpoint.\n";
  }
  if ((now == Standing::kStopped || now == Standing::kFailed) && !view.standing.destination) {
    return "Start its worker again: it goes on from the checkpoint.\n";
  }
  return {};
}

// What a shard's owner last told, a line each.
void AddSigns(const JobView& view, const Paths& paths, const ShardSummary& shard, Table& table) {
  if (const std::string place = PlaceOf(paths, shard); !place.empty())
    table.AddBelow("at " + place);
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

// A shard ended by that is failed as by any other error, but for what its row says of it.
bool HadTooManyErrors(const JobView& view) {
  return std::ranges::any_of(view.shards, [&](const ShardSummary& shard) {
    return StandingOf(shard, view.life) == Standing::kFailed &&
           FailureKindIn(shard.worker.error) == FailureKind::kMaxErrors;
  });
}

double ProgressOf(const WorkerRow& row, Standing standing) {
  if (row.total_bytes == 0) return standing == Standing::kCompleted ? 1 : 0;
  return std::min(1.0,
                  static_cast<double>(row.stored_bytes) / static_cast<double>(row.total_bytes));
}

std::string ShardTable(const JobView& view, const Paths& paths, const Screen& screen) {
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
    AddSigns(view, paths, shard, table);
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

std::string PlaceOf(const ResetShard& shard) {
  if (!shard.unreadable.empty()) return shard.unreadable;
  if (!shard.checkpoint) return "none";
  const Checkpoint& checkpoint = *shard.checkpoint;
  return fmt::format("{}, file {}, line {} (byte {})", NameOf(checkpoint.state),
                     checkpoint.list_position, checkpoint.place.line, checkpoint.place.byte);
}

std::string OwnerOf(const ResetShard& shard) {
  return shard.owner.host.empty() ? shard.owner.id + " (row lost)"
                                  : shard.owner.id + "@" + shard.owner.host;
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

std::vector<NextStep> NextSteps(const JobView& view, JobOptions options) {
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
  report.outcome = HadTooManyErrors(view) ? Outcome::kTooManyErrors : standing.outcome;
  report.files = view.files;
  report.retries = view.retries;
  for (const auto& error : view.reasons) report.counters[error.row.reason] += error.row.count;
  report.failed_files = view.failed_files;
  PreparedRun run;
  if (auto planned = ReadPlanConfig(view.job.config).job) run.config = *std::move(planned);
  if (!LooksUp(run.config)) options.repository.clear();
  options.kubernetes = view.job.kubernetes.has_value();
  run.destination = standing.destination.value_or(Destination{});
  if (standing.dry_run) run.destination.kind = Destination::kNone;
  std::vector<NextStep> steps = NextSteps(report, run, options);
  // A worker's job is gone on with by its worker.
  if (!standing.destination) {
    std::erase_if(steps, [](const NextStep& step) { return step.goes_on; });
  }
  return steps;
}

std::string FailedFilesText(const JobView& view, const Screen& screen) {
  std::string text;
  for (const auto& file : view.failed_files) {
    const std::string why = fmt::format("after line {} (byte {}): {}", file.place.line,
                                        file.place.byte, Printable(file.failure, 300));
    text +=
        fmt::format("  {}\n    {}\n", Printable(file.path, 200), Wrapped(why, screen.columns, 4));
  }
  return text.empty() ? text : "\nFailed files\n" + text;
}

std::string AboutJob(const JobView& view, const Screen& screen) {
  const JobSummary& job = view.job;
  const WorkerRow& sum = job.sum;
  std::string text;
  const auto add = [&](std::string_view title, const std::string& value) {
    text += fmt::format("{:<{}}{}\n", title, kJobTitle, Wrapped(value, screen.columns, kJobTitle));
  };
  add("job", Printable(job.id, 64));
  add("status", LongStanding(view));
  if (job.kubernetes && !job.kubernetes->phase.empty()) {
    add("now", Printable(job.kubernetes->phase, 300));
  }
  if (job.kubernetes) add("submitted", SubmittedText(*job.kubernetes));
  add("to", TargetText(view.standing));
  if (const auto lacked = MissingSentence(job.config); !lacked.empty()) add("missing", lacked);
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
  return text;
}

std::string JobText(const JobView& view, const Paths& paths, const std::vector<NextStep>& next,
                    const Screen& screen) {
  std::string text = AboutJob(view, screen);
  if (!view.shards.empty()) text += "\n" + ShardTable(view, paths, screen);
  text += FailedFilesText(view, screen);
  if (const auto reasons = ReasonTable(view.reasons, screen); !reasons.empty()) {
    text += "\nErrors, a sample each\n" + reasons;
  }
  if (const std::string advice = Advice(view); !advice.empty()) {
    text += "\n" + Wrapped(advice, screen.columns, 0);
  }
  return text + NextText(next);
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

std::string ResetText(const ResetPlan& plan, const Screen& screen) {
  if (plan.shards.empty()) {
    return fmt::format("job {}: no shard was begun; a reset forgets which files it was to be of.\n",
                       plan.job_id);
  }
  Table table({{"shard", Align::kRight},
               {"mode"},
               {"generation", Align::kRight},
               {"owner", Align::kLeft, true},
               {"sent again", Align::kRight}},
              "  ");
  std::uint64_t sent = 0;
  for (const auto& shard : plan.shards) {
    sent += shard.sent;
    table.Add({std::to_string(shard.index), std::string(NameOf(shard.mode)),
               Thousands(shard.owner.generation), OwnerOf(shard), Thousands(shard.sent)});
    table.AddBelow("checkpoint: " + PlaceOf(shard));
  }
  return fmt::format("job {}, to {}\n\n{}\nA reset starts {} over: {} will be sent again.\n",
                     plan.job_id, Describe(plan.destination), table.Render(screen),
                     plan.shards.size() == 1 ? "this shard" : "these shards",
                     Plural(sent, "message"));
}

}  // namespace reprocess
