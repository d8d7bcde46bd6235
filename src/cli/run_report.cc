#include "cli/run_report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/next_steps.h"
#include "cli/numbers.h"
#include "cli/plan_view.h"
#include "cli/reasons.h"
#include "cli/table.h"
#include "model/time_text.h"
#include "plan/discover.h"
#include "views/plan.h"
#include "views/run.h"

namespace reprocess {
namespace {

std::string Headline(const RunReport& report) {
  switch (report.outcome) {
    case Outcome::kComplete:
    case Outcome::kAlreadyComplete:
      return "completed";
    case Outcome::kUnsentLines:
      return fmt::format("completed with {}", Plural(report.counters.errors(), "error"));
    case Outcome::kFailedFiles:
      return "finished, but some files could not be read to their end";
    case Outcome::kFenced:
      return "ended: another worker has taken over a shard";
    case Outcome::kStopped:
      return report.cancelled ? "cancelled" : "stopped with work left";
    case Outcome::kTooManyErrors:
    case Outcome::kFailed:
      break;
  }
  return "failed";
}

std::string FileStates(const RunReport& report) {
  std::string text;
  for (std::size_t i = 0; i < report.files.size(); ++i) {
    if (report.files.at(i) == 0) continue;
    if (!text.empty()) text += ", ";
    std::string name(NameOf(static_cast<FileState>(i)));
    std::ranges::replace(name, '_', ' ');
    text += Thousands(report.files.at(i)) + " " + name;
  }
  return text;
}

std::string Reasons(const Counters& counters, bool skips) {
  std::string text;
  for (std::size_t i = 0; i < kReasonCount; ++i) {
    if (IsSkip(static_cast<Reason>(i)) != skips || counters.by_reason.at(i) == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", Thousands(counters.by_reason.at(i)), kReasonNames.at(i));
  }
  return text;
}

std::uint64_t Rounded(double value) {
  return static_cast<std::uint64_t>(std::llround(value));
}

std::string CountsText(const RunReport& report, const Screen& screen) {
  const Counters& counters = report.counters;
  const Rates rates = RatesOf(report);
  std::uint64_t files = 0;
  for (const auto count : report.files) files += count;
  Table table({{}, {"", Align::kRight}, {}}, "  ");
  if (files > 0) table.Add({"files", Thousands(files), FileStates(report)});
  table.Add({"lines", Thousands(counters.lines), Thousands(Rounded(rates.lines)) + " lines/s"});
  table.Add({report.dry_run ? "would send" : "sent", Thousands(counters.success),
             counters.not_utf8 == 0 ? "" : Thousands(counters.not_utf8) + " of them not UTF-8"});
  table.Add({"skipped", Thousands(counters.skipped()), Reasons(counters, true)});
  table.Add({"errors", Thousands(counters.errors()), Reasons(counters, false)});
  table.Add({"bytes", HumanBytes(counters.bytes), HumanBytes(Rounded(rates.bytes)) + "/s"});
  return table.Render(screen);
}

std::string ShardProblems(const RunReport& report) {
  std::string text;
  for (const auto& shard : report.shards) {
    if (shard.outcome == Outcome::kAlreadyComplete) {
      text += fmt::format("shard {}: already complete, nothing was sent\n", shard.index);
    } else if (!shard.message.empty()) {
      text += fmt::format("shard {}: {}\n", shard.index, PrintableLines(shard.message, 2));
    }
  }
  return text.empty() ? text : "\n" + text;
}

std::string FailedFiles(const RunReport& report, const Screen& screen) {
  if (report.failed_files.empty()) return {};
  std::string text = "\nFailed files\n";
  for (const auto& file : report.failed_files) {
    const std::string why = fmt::format("after line {} (byte {}): {}", file.place.line,
                                        file.place.byte, Printable(file.failure, 300));
    text +=
        fmt::format("  {}\n    {}\n", Printable(file.path, 200), Wrapped(why, screen.columns, 4));
  }
  const auto failed = report.files.at(static_cast<std::size_t>(FileState::kFailed));
  if (failed > report.failed_files.size()) {
    text += fmt::format("  ... and {} more\n", Thousands(failed - report.failed_files.size()));
  }
  return text;
}

std::string BalanceText(const RunReport& report) {
  const Counters& c = report.counters;
  if (report.unbalanced.empty()) {
    return fmt::format("\nThe books balance: {} lines = {} {} + {} skipped + {} errors.\n",
                       Thousands(c.lines), Thousands(c.success),
                       report.dry_run ? "to send" : "sent", Thousands(c.skipped()),
                       Thousands(c.errors()));
  }
  std::string text =
      "\nTHE BOOKS DO NOT BALANCE. This is a bug; please report it with this text:\n";
  for (const auto& problem : report.unbalanced) text += "  " + Printable(problem, 300) + "\n";
  return text;
}

// What was looked at before a new job.
std::string CheckedText(const PreparedRun& run, const Screen& screen) {
  if (run.resumed) return {};
  Table table({{}, {}}, "  ");
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) table.Add({what, text});
  };
  NameTimes times;
  for (const auto& file : run.files) times.Add(file.path);
  add("times", TimesText(times));
  add("target", run.checked.target);
  add("missing", MissingSentence(run.config.json));
  add("filters", run.checked.filters);
  add("before", run.checked.replayed);
  if (run.expected) {
    add("takes", fmt::format("about {}, as fast as job {} went",
                             HumanDuration(run.expected->seconds), run.expected->job_id));
  }
  return table.Render(screen);
}

}  // namespace

std::string PlanText(const PreparedRun& run, const Screen& screen) {
  const std::size_t files = CountFiles(run);
  std::string text = fmt::format(
      "job {}{}: {}{}, {}, {}, to {}\n", run.job_id, run.resumed ? " (resumed)" : "",
      Plural(files, "file"),
      files == run.files.size() ? "" : fmt::format(" in {} parts", Thousands(run.files.size())),
      HumanBytes(run.bytes), Plural(static_cast<std::uint64_t>(run.shards), "shard"),
      Describe(run.destination));
  text += CheckedText(run, screen);
  text += IgnoredText(run.ignored);
  text += PathList("changed since the plan was made:", run.changed);
  return text;
}

std::string ReportText(const RunReport& report, const std::vector<NextStep>& next,
                       const Screen& screen) {
  const Colour colour = ExitCodeOf(report.outcome) == 0 ? Colour::kGreen
                        : Finished(report.outcome)      ? Colour::kYellow
                                                        : Colour::kRed;
  std::string text =
      fmt::format("job {}: {} ({})\n\n", report.job_id,
                  Painted(Headline(report), colour, screen.colour), HumanDuration(report.seconds));
  text += CountsText(report, screen);
  text += ShardProblems(report);
  text += FailedFiles(report, screen);
  if (const auto samples = ReasonTable(report.errors, screen); !samples.empty()) {
    text += "\nErrors, a sample each\n" + samples;
  }
  text += BalanceText(report);
  text += NextText(next);
  return text;
}

}  // namespace reprocess
