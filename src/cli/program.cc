#include "cli/program.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/completion.h"
#include "cli/display.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/inspect_view.h"
#include "cli/next_steps.h"
#include "cli/numbers.h"
#include "cli/reasons.h"
#include "cli/requests.h"
#include "cli/run_report.h"
#include "cli/silence.h"
#include "cli/status_view.h"
#include "cli/verify_view.h"
#include "storage/make_storage.h"
#include "store/database.h"
#include "views/errors.h"
#include "views/inspect.h"
#include "views/reset.h"
#include "views/run.h"
#include "views/status.h"
#include "views/verify.h"

namespace reprocess {
namespace {

constexpr int kDefaultJobs = 20, kDefaultErrors = 50, kMostRows = 10'000'000;
constexpr int kOfferedJobs = 50;  // by completion

// One command each; an error is printed by the caller.
class Commands {
 public:
  explicit Commands(const Program& program) : program_(program), console_(program.console) {}

  Result<ExitCode> operator()(const HelpArguments& help) const {
    Print(console_.out, HelpText(help.command));
    return ExitCode::kCompleted;
  }
  Result<ExitCode> operator()(const VersionArguments&) const {
    Print(console_.out, "reprocess " + program_.version + "\n");
    return ExitCode::kCompleted;
  }
  Result<ExitCode> operator()(const SchemaArguments&) const {
    Print(console_.out, SchemaDdl());
    return ExitCode::kCompleted;
  }
  Result<ExitCode> operator()(const CompletionArguments& completion) const {
    if (completion.shell == "jobs") {
      TRY(const auto queries, Ask(""));
      TRY(const auto jobs, ListJobs(*queries, kOfferedJobs, Milliseconds(0), SystemClock().Wall()));
      for (const auto& job : jobs) Print(console_.out, job.job.id + "\n");
      return ExitCode::kCompleted;
    }
    TRY(const std::string script, CompletionScript(completion.shell));
    Print(console_.out, script);
    return ExitCode::kCompleted;
  }
  Result<ExitCode> operator()(const RunArguments& arguments) const;
  Result<ExitCode> operator()(const InspectArguments& arguments) const;
  Result<ExitCode> operator()(const StatusArguments& arguments) const;
  Result<ExitCode> operator()(const ErrorsArguments& arguments) const;
  Result<ExitCode> operator()(const ResetArguments& arguments) const;
  Result<ExitCode> operator()(const SetArguments& arguments) const {
    TRY(const auto request, SetRequestOf(arguments));
    return Change(request, arguments.database, arguments.json);
  }
  Result<ExitCode> operator()(const PauseArguments& arguments) const {
    TRY(const auto request, HoldRequestOf(arguments, true));
    return Change(request, arguments.database, arguments.json);
  }
  Result<ExitCode> operator()(const ResumeArguments& arguments) const {
    TRY(const auto request, HoldRequestOf(arguments, false));
    return Change(request, arguments.database, arguments.json);
  }
  Result<ExitCode> operator()(const VerifyArguments& arguments) const;
  Result<ExitCode> operator()(const RetryArguments& arguments) const;

 private:
  void Output(bool json, const std::string& document, const std::string& text) const {
    Print(console_.out, json ? document : text);
  }
  bool Confirmed() const;
  Result<std::unique_ptr<Queries>> Open(const std::string& option, Database::Use use) const {
    TRY(const std::string url, DatabaseUrlOf(option, program_.environment));
    TRY(const auto database, Database::Open(url, use));
    return database->NewQueries();
  }
  Result<std::unique_ptr<Queries>> Ask(const std::string& option) const {
    return Open(option, Database::Use::kAsk);
  }
  std::unique_ptr<Storage> StorageWith(const Settings& settings) const {
    return MakeStorage(settings, program_.environment);
  }
  Result<ExitCode> Change(const ControlsRequest& request, const std::string& database,
                          bool json) const {
    TRY(const auto queries, Open(database, Database::Use::kChange));
    TRY(const JobThrottle throttle, ChangeControls(request, *queries));
    Output(json, ThrottleJson(request.job_id, throttle), ThrottleText(request.job_id, throttle));
    return ExitCode::kCompleted;
  }
  Result<ExitCode> Run(RunCommand command, bool json, bool sure) const;
  Result<ExitCode> RawErrors(const ErrorsArguments& arguments) const;
  Screen Out() const { return ScreenOf(console_.out, program_.environment); }

  const Program& program_;
  const Console& console_;
};

DisplayStyle StyleOf(bool json, const RunCommand& command, const Program& program) {
  if (json) return DisplayStyle::kJson;
  if (program.console.log == LogFormat::kJson) return DisplayStyle::kLog;
  // Log lines that were asked for would tear the bars apart.
  const bool bars = CanDraw(program.console.err, program.environment) && !command.log_asked;
  return bars ? DisplayStyle::kBars : DisplayStyle::kLines;
}

Result<ExitCode> Commands::operator()(const RunArguments& arguments) const {
  TRY(RunCommand command, RunRequestOf(arguments, program_.environment));
  return Run(std::move(command), arguments.json, arguments.yes || arguments.dry_run);
}

Result<ExitCode> Commands::operator()(const RetryArguments& arguments) const {
  TRY(RunCommand command, RetryRequestOf(arguments, program_.environment));
  return Run(std::move(command), arguments.json, true);
}

// `sure`: the plan is not shown and asked about before it is stored.
Result<ExitCode> Commands::Run(RunCommand command, bool json, bool sure) const {
  TRY_OK(CheckVariableNames(program_.variables));
  const DisplayStyle style = StyleOf(json, command, program_);
  const bool interactive =
      !json && SizeOf(console_.in).columns > 0 && SizeOf(console_.err).columns > 0;
  const std::stop_token stop = program_.stop_on_signals();  // before any thread is there
  Silence silence(
      [&](const std::string& what) { Tell(console_, "waiting for " + what + "; Ctrl-C ends it"); });
  command.request.step = [&](Step step) {
    silence.Begin(command.waits_for.at(static_cast<std::size_t>(step)));
  };
  command.request.ask_again = [&](const std::string& why) {
    silence.End();
    if (json || SizeOf(console_.in).columns == 0) return false;
    PrintWarnings(console_, {why}, false);
    return Confirmed();
  };
  bool shown = false;
  const auto show = [&](const PreparedRun& run) {
    silence.End();
    if (std::exchange(shown, true)) return;
    PrintWarnings(console_, run.warnings, json);
    if (style == DisplayStyle::kLog) {
      Log(LogLevel::kInfo, "planned",
          {{"job", run.job_id}, {"shards", run.shards}, {"files", run.files.size()}});
    } else {
      Print(json ? console_.out : console_.err, json ? PlanJson(run) : PlanText(run));
    }
  };
  if (interactive && !sure) {
    command.request.confirm = [&](const PreparedRun& run) {
      show(run);
      return Confirmed();
    };
  }
  SetUpLog(style == DisplayStyle::kBars ? LogLevel::kOff : command.log_level, command.log_format,
           {});
  PrintWarnings(console_, command.warnings, json);
  command.request.step(Step::kDatabase);
  TRY(const auto database, Database::Open(command.database_url, Database::Use::kWork));
  const RunWorld world{*database, StorageMakerIn(program_.environment), SystemClock()};
  const auto prepared = PrepareRun(command.request, world, stop);
  silence.End();
  if (!prepared) return std::unexpected(prepared.error());
  show(*prepared);
  Display display(console_, style, *prepared);
  const std::stop_callback say(stop, [&] { display.Stopping(); });
  const auto tell = [&](const RunReport& report) {
    display.Finish();
    PrintWarnings(console_, report.warnings, json);
    const auto next = NextSteps(report, *prepared, command.options);
    if (json) {
      Print(console_.out, ReportJson(report, next));
    } else {
      if (style != DisplayStyle::kLog) Print(console_.err, "\n");
      Print(console_.out, ReportText(report, next, Out()));
    }
    if (report.linger > Milliseconds(0)) {
      const double seconds = std::chrono::duration<double>(report.linger).count();
      Tell(console_, fmt::format("waiting up to {} for the last scrape (METRICS_LINGER_MS)",
                                 HumanDuration(seconds)));
    }
  };
  return ExitOf(ExecuteRun(command.request, *prepared, world, display, tell, stop));
}

Result<ExitCode> Commands::operator()(const InspectArguments& arguments) const {
  TRY(const InspectRequest request, InspectRequestOf(arguments, program_.environment));
  const bool show = CanDraw(console_.err, program_.environment) && !arguments.json;
  SteadyTime shown{};
  const auto progress = [&](const InspectReport& so_far) {
    const SteadyTime now = SystemClock().Now();
    if (!show || now - shown < Milliseconds(200)) return;
    shown = now;
    Print(console_.err, fmt::format("\r{}, {}\x1b[K", Plural(so_far.counters.lines, "line"),
                                    HumanBytes(so_far.counters.bytes)));
  };
  const auto storage = StorageWith(request.settings);
  TRY(const InspectReport report, Inspect(request, *storage, progress, program_.stop_on_signals()));
  if (shown != SteadyTime{}) Print(console_.err, "\r\x1b[K");
  PrintWarnings(console_, report.warnings, false);
  Output(arguments.json, InspectJson(report), InspectText(report, Out()));
  if (report.stopped) return ExitCode::kStopped;
  return report.counters.errors() > 0 ? ExitCode::kFailedFiles : ExitCode::kCompleted;
}

Result<ExitCode> Commands::operator()(const StatusArguments& arguments) const {
  TRY(const auto most, CountOf("--limit", arguments.limit, 1, kMostRows, kDefaultJobs));
  TRY(const StatusRequest request, StatusRequestOf(arguments, program_.environment));
  TRY(const auto queries, Ask(arguments.database));
  const WallTime now = SystemClock().Wall();
  if (arguments.job.empty()) {
    TRY(const auto jobs, ListJobs(*queries, static_cast<int>(most), request.life, now));
    Output(arguments.json, JobsJson(jobs), JobsText(jobs, Out()));
    return ExitCode::kCompleted;
  }
  TRY(const JobView view, ViewJob(*queries, arguments.job, request.life, now));
  const auto next = NextSteps(view, request.options);
  Output(arguments.json, JobJson(view, next), JobText(view, next, Out()));
  return arguments.exit_status ? ExitOf(view.standing.outcome) : ExitCode::kCompleted;
}

Result<ExitCode> Commands::RawErrors(const ErrorsArguments& arguments) const {
  TRY(const RawLinesRequest request, RawLinesRequestOf(arguments, program_.environment));
  SetUpLog(LogLevel::kError, LogFormat::kText, {});
  const auto write = [&](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), console_.out);
    std::fputc('\n', console_.out);
  };
  TRY(const auto queries, Ask(arguments.database));
  TRY(const RawLinesReport report, ReadRawLines(request, *queries, *StorageWith(request.settings),
                                                write, program_.stop_on_signals()));
  std::fflush(console_.out);
  PrintWarnings(console_, report.warnings, false);
  return report.warnings.empty() ? ExitCode::kCompleted : ExitCode::kFailedFiles;
}

Result<ExitCode> Commands::operator()(const ErrorsArguments& arguments) const {
  if (arguments.raw) return RawErrors(arguments);
  TRY(const auto reason, ReasonArgument(arguments.reason));
  TRY(const auto most, CountOf("--limit", arguments.limit, 0, kMostRows, kDefaultErrors));
  TRY(const auto queries, Ask(arguments.database));
  TRY(const ErrorsView view, ViewErrors(*queries, arguments.job, reason, static_cast<int>(most)));
  std::string text = "no errors\n";
  if (!view.reasons.empty()) {
    const std::string rows = ErrorTable(view.rows);
    const std::string streams = StreamTable(view.streams, Out());
    text = ReasonTable(view.reasons, Out()) + (streams.empty() ? "" : "\n" + streams) +
           (rows.empty() ? "" : "\n" + rows);
    if (view.rows.size() == most && most > 0) {
      text += fmt::format("(the first {}; --limit shows more)\n", Plural(most, "row"));
    }
  }
  Output(arguments.json, ErrorsJson(arguments.job, view), text);
  return ExitCode::kCompleted;
}

// Asks on a terminal; elsewhere nobody could answer.
bool Commands::Confirmed() const {
  if (SizeOf(console_.in).columns == 0) return false;
  Print(console_.err, "Type yes to go on: ");
  std::string answer;
  for (int c = std::fgetc(console_.in); c != EOF && c != '\n'; c = std::fgetc(console_.in)) {
    answer += static_cast<char>(c);
  }
  return answer == "yes";
}

Result<ExitCode> Commands::operator()(const ResetArguments& arguments) const {
  TRY(const ResetRequest request, ResetRequestOf(arguments, program_.environment));
  TRY(const auto queries, Open(arguments.database, Database::Use::kChange));
  TRY(const ResetPlan plan, PlanReset(request, *queries, SystemClock(), {}));
  if (!arguments.json) Print(console_.out, ResetText(plan));
  if (!arguments.yes && !Confirmed()) {
    return Fatal("reset: not confirmed, nothing was changed", {}, "answer yes, or add --yes");
  }
  TRY_OK(CarryOutReset(request, plan, *queries, {}));
  Output(arguments.json, ResetJson(plan),
         fmt::format("reset {}\n", Plural(plan.shards.size(), "shard")));
  return ExitCode::kCompleted;
}

Result<ExitCode> Commands::operator()(const VerifyArguments& arguments) const {
  TRY(const VerifyRequest request, VerifyRequestOf(arguments, program_.environment));
  SetUpLog(LogLevel::kError, console_.log, {});
  const bool show = CanDraw(console_.err, program_.environment) && !arguments.json;
  const auto progress = [&](const VerifyProgress& so_far) {
    if (show) Print(console_.err, "\r" + VerifyProgressText(so_far) + "\x1b[K");
  };
  TRY(const auto queries, Ask(arguments.database));
  const auto report = Verify(request, *queries, *StorageWith(request.settings), progress,
                             program_.stop_on_signals());
  if (show) Print(console_.err, "\r\x1b[K");
  if (!report && report.error().code == Code::kUnsupported) {
    PrintError(console_, report.error(), arguments.json);
    return ExitCode::kUnverified;
  }
  if (!report) return std::unexpected(report.error());
  Output(arguments.json, VerifyJson(*report), VerifyText(*report));
  if (report->wrong() > 0) return ExitCode::kFailedFiles;
  return report->doubts.empty() ? ExitCode::kCompleted : ExitCode::kUnverified;
}

bool WantsJson(const Arguments& arguments) {
  return std::visit(
      [](const auto& of_command) {
        if constexpr (requires { of_command.json; }) {
          return of_command.json;
        } else {
          return false;
        }
      },
      arguments);
}

}  // namespace

int RunProgram(const Program& given, const std::vector<std::string>& words) {
  Program program = given;
  const LogChoice log = LogChoiceOf(program.environment);
  program.console.log = log.format;
  if (log.format == LogFormat::kJson) SetUpLog(log.level, log.format, {});
  const auto arguments = ParseArguments(words);
  if (!arguments) {
    PrintError(program.console, arguments.error(), false);
    return static_cast<int>(ExitCode::kFatal);
  }
  const auto exit = std::visit(Commands(program), *arguments);
  if (exit) return static_cast<int>(*exit);
  PrintError(program.console, exit.error(), WantsJson(*arguments));
  return static_cast<int>(exit.error().code == Code::kStopped ? ExitCode::kStopped
                                                              : ExitCode::kFatal);
}

}  // namespace reprocess
