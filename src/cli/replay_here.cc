#include "cli/replay_here.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/log_file.h"
#include "cli/display.h"
#include "cli/new_job_options.h"
#include "cli/numbers.h"
#include "cli/run_report.h"
#include "cli/silence.h"
#include "storage/make_storage.h"
#include "store/database.h"
#include "views/run.h"

namespace reprocess {
namespace {

constexpr std::uint64_t kMostLogBytes = 8 << 20;  // and as much before it

DisplayStyle StyleOf(bool json, const RunCommand& command, const Program& program) {
  if (json) return DisplayStyle::kJson;
  if (program.console.log == LogFormat::kJson) return DisplayStyle::kLog;
  // Log lines that were asked for would tear the bars apart.
  const bool bars = CanDraw(program.console.err, program.environment) && !command.log_asked;
  return bars ? DisplayStyle::kBars : DisplayStyle::kLines;
}

}  // namespace

Result<ExitCode> ReplayHere(RunCommand command, bool json, bool sure, const Program& program) {
  const Console& console = program.console;
  TRY_OK(CheckVariableNames(program.variables));
  if (const auto file = program.environment("REPROCESS_LOG_FILE")) {
    TRY_OK(LogInto(*file, kMostLogBytes));
  }
  const DisplayStyle style = StyleOf(json, command, program);
  const bool interactive =
      !json && SizeOf(console.in).columns > 0 && SizeOf(console.err).columns > 0;
  const std::stop_token stop = program.stop_on_signals();  // before any thread is there
  Silence silence(console);
  command.request.step = TellSteps(silence, command.waits_for);
  const bool asks = interactive && !sure;
  command.request.ask_again = [&](const std::string& why) {
    silence.End();
    // The plan of a new job says it too, and is asked about.
    if (asks && command.request.job_id.empty()) return true;
    if (json || SizeOf(console.in).columns == 0) return false;
    PrintWarnings(console, {why}, false);
    return Confirmed(console);
  };
  bool shown = false;
  const auto show = [&](const PreparedRun& run) {
    silence.End();
    if (std::exchange(shown, true)) return;
    PrintWarnings(console, run.warnings, json);
    if (style == DisplayStyle::kLog) {
      Log(LogLevel::kInfo, "planned",
          {{"job", run.job_id}, {"shards", run.shards}, {"files", run.files.size()}});
    } else {
      Print(json ? console.out : console.err,
            json ? PlanJson(run) : PlanText(run, ScreenOf(console.err, program.environment)));
    }
  };
  if (asks) {
    command.request.confirm = [&](const PreparedRun& run) {
      show(run);
      return Confirmed(console);
    };
  }
  SetUpLog(style == DisplayStyle::kBars ? LogLevel::kOff : command.log_level, command.log_format,
           {});
  PrintWarnings(console, command.warnings, json);
  command.request.step(Step::kDatabase);
  TRY(const auto database, Database::Open(command.database_url, Database::Use::kWork));
  const World world{*database, StorageMakerIn(program.environment), SystemClock(),
                    program.end_at_once};
  const auto prepared = PrepareRun(command.request, world, stop);
  silence.End();
  if (!prepared) return std::unexpected(prepared.error());
  show(*prepared);
  Display display(console, style, *prepared);
  const std::stop_callback say(stop, [&] { display.Stopping(); });
  const auto tell = [&](const RunReport& report) {
    display.Finish();
    PrintWarnings(console, report.warnings, json);
    const auto next = NextSteps(report, *prepared, command.options);
    if (json) {
      Print(console.out, ReportJson(report, next));
    } else {
      if (style != DisplayStyle::kLog) Print(console.err, "\n");
      Print(console.out, ReportText(report, next, program.Out()));
    }
    if (report.linger > Milliseconds(0)) {
      const double seconds = std::chrono::duration<double>(report.linger).count();
      Tell(console, fmt::format("waiting up to {} for the last scrape (METRICS_LINGER_MS)",
                                HumanDuration(seconds)));
    }
  };
  return ExitOf(ExecuteRun(command.request, *prepared, world, display, tell, stop));
}

}  // namespace reprocess
