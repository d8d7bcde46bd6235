#include "cli/commands/inspect.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/inspect_view.h"
#include "cli/job_options.h"
#include "cli/missing_options.h"
#include "cli/missing_view.h"
#include "cli/new_job_options.h"
#include "cli/numbers.h"
#include "cli/program.h"
#include "cli/values.h"
#include "config/surroundings.h"
#include "config/worker_config.h"
#include "missing/missing_in_paths.h"
#include "storage/make_storage.h"
#include "views/inspect.h"
#include "views/missing.h"

namespace reprocess {
namespace {

constexpr Option kSamples{option::kBooks, "--samples", "N",
                          "show N lines that would be sent (default 3; 0: no samples)"};
constexpr Option kOnlyMissing{option::kWhat, "--only-missing", "",
                              "hold the lines against a topic: which does it lack?"};
constexpr Option kKafka{option::kWhere, "--kafka", "BROKERS", "with --only-missing: its cluster"};
constexpr Option kTopic{option::kWhere, "--topic", "NAME", "... and its name"};
constexpr Option kOptions[] = {option::kFrom,
                               option::kTo,
                               option::kStream,
                               option::kConnection,
                               option::kOnlyConnection,
                               option::kVersionId,
                               option::kManifest,
                               kOnlyMissing,
                               kKafka,
                               kTopic,
                               option::kSince,
                               option::kShardTopics,
                               option::kRepositoryUrl,
                               option::kMissingMemory,
                               kSamples,
                               option::kJson};
constexpr Example kExamples[] = {
    {"What is in these files", "reprocess inspect /var/log/failover"},
    {"What a replay of one stream would send",
     "reprocess inspect /var/log/failover --stream site-19 --from 2026-05-01"},
    {"How much of an outage Kafka has really lost",
     "reprocess inspect s3://bucket/failover --only-missing \\\n"
     "      --kafka broker:9092 --topic destination-messages"}};

Result<MissingInPathsRequest> MissingRequestOf(const Given& given, const Environment& environment) {
  TRY(EnvironmentConfig config, NewJobsConfigOf(given, environment));
  MissingInPathsRequest request{.paths = given.arguments,
                                .kafka = std::move(config.kafka),
                                .settings = config.settings,
                                .repository = config.repository};
  TRY(request.config, GivenConfigOf(given));
  TRY(request.version_id, VersionOf(given.Text(option::kVersionId), request.paths));
  TRY(request.manifest, ManifestOf(given.Text(option::kManifest), request.paths));
  TRY(request.look, MissingLookOf(given));
  return request;
}

Result<ExitCode> ShowMissing(const Given& given, const Program& program) {
  TRY(const MissingInPathsRequest request, MissingRequestOf(given, program.environment));
  const Console& console = program.console;
  const bool json = given.Has(option::kJson);
  SetUpLog(LogLevel::kError, console.log, {});
  const bool show = CanDraw(console.err, program.environment) && !json;
  const auto progress = [&](const MissingProgress& so_far) {
    if (show) Print(console.err, "\r" + MissingProgressText(so_far) + "\x1b[K");
  };
  const auto storage = MakeStorage(request.settings, program.environment);
  const auto found = FindMissingInPaths(request, *storage, progress, program.stop_on_signals());
  if (show) Print(console.err, "\r\x1b[K");
  if (!found) return std::unexpected(found.error());
  PrintWarnings(console, found->warnings, false);
  Print(console.out, json ? MissingJson(*found) : MissingText(*found, program.Out()));
  const MissingReport& report = found->report;
  const bool all_there = report.counts.there + report.counts.not_sent == report.counts.lines &&
                         report.failed_files == 0;
  return all_there ? ExitCode::kCompleted : ExitCode::kFailedFiles;
}

Result<ExitCode> InspectFiles(const Given& given, const Program& program) {
  if (given.Has(kOnlyMissing)) return ShowMissing(given, program);
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
  TRY(request.config, GivenConfigOf(given));
  TRY(request.samples, CountOf(kSamples.name, given.Text(kSamples), 0, 1000, request.samples));
  request.paths = given.arguments;
  TRY(request.version_id, VersionOf(given.Text(option::kVersionId), request.paths));
  TRY(request.manifest, ManifestOf(given.Text(option::kManifest), request.paths));
  request.settings = config.settings;
  request.repository = config.repository;
  return request;
}

constinit const Command kInspectCommand = {
    "inspect",
    "[PATH...]",
    "show what is in files, and what would be sent of it",
    "Reads the files in full: lines, bytes, first and last time, counts by stream, type, day and "
    "hour;\nwith filters, what would be sent and why the rest would not; and sample lines. Sends "
    "nothing.\nWith --only-missing: how many of the lines a topic has, and how many it lacks.\n"
    "\n"
    "Exit codes: 0 all is well, 2 lines that cannot be sent; or, with --only-missing, that are not "
    "there.",
    kOptions,
    kExamples,
    InspectFiles};

}  // namespace reprocess
