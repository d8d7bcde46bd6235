#include "cli/commands/inspect.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/inspect_view.h"
#include "cli/job_options.h"
#include "cli/numbers.h"
#include "cli/program.h"
#include "cli/values.h"
#include "config/surroundings.h"
#include "config/worker_config.h"
#include "storage/make_storage.h"
#include "views/inspect.h"

namespace reprocess {
namespace {

constexpr Option kSamples{option::kBooks, "--samples", "N",
                          "show N lines that would be sent (default 3; 0: no samples)"};
constexpr Option kOptions[] = {
    option::kFrom,          option::kTo, option::kStream, option::kConnection, option::kVersionId,
    option::kRepositoryUrl, kSamples,    option::kJson};
constexpr Example kExamples[] = {
    {"What is in these files", "reprocess inspect /var/log/failover"},
    {"What a replay of one stream would send",
     "reprocess inspect /var/log/failover --stream site-19 --from 2026-05-01"}};

Result<ExitCode> InspectFiles(const Given& given, const Program& program) {
  TRY(const InspectRequest request, InspectRequestOf(given, program.environment));
  const Console& console = program.console;
  const bool json = given.Has(option::kJson);
  const bool show = CanDraw(console.err, program.environment) && !json;
  SteadyTime shown{};
  const auto progress = [&](const InspectReport& so_far) {
    const SteadyTime now = SystemClock().Now();
    if (!show || now - shown < Milliseconds(200)) return;
    shown = now;
    Print(console.err, fmt::format("\r{}, {}\x1b[K", Plural(so_far.counters.lines, "line"),
                                   HumanBytes(so_far.counters.bytes)));
  };
  const auto storage = MakeStorage(request.settings, program.environment);
  TRY(const InspectReport report, Inspect(request, *storage, progress, program.stop_on_signals()));
  if (shown != SteadyTime{}) Print(console.err, "\r\x1b[K");
  PrintWarnings(console, report.warnings, false);
  Print(console.out, json ? InspectJson(report) : InspectText(report, program.Out()));
  if (report.stopped) return ExitCode::kStopped;
  return report.counters.errors() > 0 ? ExitCode::kFailedFiles : ExitCode::kCompleted;
}

}  // namespace

Result<InspectRequest> InspectRequestOf(const Given& given, const Environment& environment) {
  const Environment overlaid =
      Overlay(environment, {{"REPOSITORY_URL", given.Text(option::kRepositoryUrl)}});
  TRY(const EnvironmentConfig config, LoadEnvironment(overlaid));
  InspectRequest request;
  TRY(request.given, GivenConfigOf(given));
  TRY(request.samples, CountOf(kSamples.name, given.Text(kSamples), 0, 1000, request.samples));
  request.paths = given.arguments;
  TRY(request.version_id, VersionOf(given.Text(option::kVersionId), request.paths));
  request.settings = config.settings;
  request.repository_url = config.repository_url;
  request.repository_auth_token = config.repository_auth_token;
  return request;
}

constinit const Command kInspectCommand = {
    "inspect",
    "PATH...",
    "show what is in files, and what would be sent of it",
    "Reads the files in full: lines, bytes, first and last time, counts by stream, type, day and "
    "hour;\nwith filters, what would be sent and why the rest would not; and sample lines. Sends "
    "nothing.",
    kOptions,
    kExamples,
    InspectFiles};

}  // namespace reprocess
