#include "jobs/watch.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_keeping.h"
#include "cli/program.h"
#include "cli/status_view.h"
#include "cli/watch_display.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Milliseconds kBetweenLooks{1'000};

constexpr Option kExitStatus{option::kHow, "--exit-status", "", "exit as JOB did"};
constexpr Option kOptions[] = {kExitStatus,        option::kNamespace, option::kContext,
                               option::kJobsKafka, option::kJobsTopic, option::kDatabase,
                               option::kJsonEvents};
constexpr Example kExamples[] = {
    {"See a job through", "reprocess watch job-7"},
    {"Wait for one in a script", "reprocess watch job-7 --exit-status >job-7.log"}};

// Nobody else may be there to do it; rows are shown all the same where we cannot.
std::unique_ptr<ClusterKeeping> KeepWhileWatched(const std::string& job_id, const Given& given,
                                                 const Program& program) {
  auto submission = SubmissionOf(job_id, given, program);
  if (!submission || !*submission || !(*submission)->ended_at.empty()) return nullptr;
  auto keeping = KeepJobsOf(**submission, given, program);
  if (keeping) return *std::move(keeping);
  Tell(program.console, "only what others tell of it is shown: " + keeping.error().ToString());
  return nullptr;
}

Result<std::string> EndText(const JobView& view, Queries& queries, const Given& given,
                            const EnvironmentConfig& config, const Program& program) {
  TRY(const auto paths, PathsOf(queries, view));
  const auto next = NextSteps(view, JobOptionsOf(given, config));
  return "\n" + JobText(view, paths, next, program.Out());
}

Result<ExitCode> Watch(const Given& given, const Program& program) {
  const std::string& job_id = given.arguments.front();
  const bool json = given.Has(option::kJsonEvents);
  TRY(const EnvironmentConfig config, LoadEnvironment(program.environment));
  const Milliseconds life = LifeOf(config.settings);
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  TRY_OK(queries->Job(job_id));
  const std::stop_token stop = program.stop_on_signals();
  SetUpLog(LogLevel::kOff, LogFormat::kText, {});  // what is kept true is told as phases
  const auto keeping = KeepWhileWatched(job_id, given, program);
  WatchDisplay display(program, json);
  Clock& clock = SystemClock();
  for (;;) {
    const auto view = ViewJob(*queries, job_id, life, clock.Wall());
    if (!view && view.error().remedy != Remedy::kWait) return std::unexpected(view.error());
    if (view) {
      display.Show(*view, clock.Now());
      if (const auto end = EndOf(*view)) {
        TRY(const std::string text,
            json ? EndedEvent(*view, *end) : EndText(*view, *queries, given, config, program));
        Print(program.console.out, text);
        return given.Has(kExitStatus) ? ExitOf(*end) : ExitCode::kCompleted;
      }
    }
    if (!clock.SleepFor(kBetweenLooks, stop)) return ExitCode::kStopped;
  }
}

}  // namespace

constinit const Command kWatchCommand = {
    "watch",
    "JOB",
    "show a job as it goes on, here or on Kubernetes, until it has ended",
    "A line a shard and a total, and what happens now and why it waits. Of a job on Kubernetes it "
    "also\nkeeps the rows true, where nobody else does: how its pods ended and what they wrote, "
    "and "
    "the\nverdict, which checkpoints in Kafka give.\n"
    "\n"
    "Exit codes: 0 it has ended; with --exit-status as the job did (0, 1, 2, 4; 1 where it was\n"
    "cancelled); 4 interrupted.",
    kOptions,
    kExamples,
    Watch};

}  // namespace reprocess
