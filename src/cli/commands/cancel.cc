#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_keeping.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/values.h"
#include "cluster/control.h"
#include "cluster/names.h"
#include "jobs/ask.h"
#include "jobs/reach_cluster.h"
#include "jobs/submit_job.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Milliseconds kBetweenLooks{1'000};

constexpr Option kOptions[] = {option::kYes,       option::kNamespace, option::kContext,
                               option::kJobsKafka, option::kJobsTopic, option::kDatabase,
                               option::kJsonSure};
constexpr Example kExamples[] = {{"Give a job up", "reprocess cancel job-7"},
                                 {"From a script", "reprocess cancel job-7 --yes"}};

bool IsAlive(const ShardSummary& shard, Milliseconds life) {
  const Standing standing = StandingOf(shard, life);
  return standing == Standing::kRunning || standing == Standing::kPaused;
}

// What it waits for; empty: nothing is left of it.
std::string Left(const JobView& view) {
  if (view.job.kubernetes) {
    if (view.job.kubernetes->ended) return {};
    return view.job.kubernetes->phase.empty() ? "cancelling" : view.job.kubernetes->phase;
  }
  const auto alive = std::ranges::count_if(
      view.shards, [&](const ShardSummary& shard) { return IsAlive(shard, view.life); });
  return alive == 0 ? "" : fmt::format("cancelling: {} still finishing", alive);
}

Result<ExitCode> WaitForEnd(Queries& queries, const Given& given, const Program& program,
                            Milliseconds life, const std::stop_token& stop) {
  const bool json = given.Has(option::kJson);
  Clock& clock = SystemClock();
  for (std::string said;;) {
    TRY(const JobView view, ViewJob(queries, given.arguments.front(), life, clock.Wall()));
    const std::string left = Left(view);
    if (left.empty()) {
      Print(program.console.out,
            json ? CancelledJson(view) : fmt::format("job {} is cancelled\n", view.job.id));
      return ExitCode::kCompleted;
    }
    if (left != said) Tell(program.console, left);
    said = left;
    if (!clock.SleepFor(kBetweenLooks, stop)) return ExitCode::kStopped;
  }
}

// Its objects are the admin service's.
Result<void> AdoptForeign(const JobSummary& job, Submissions& submissions, const Given& given,
                          const Program& program, const std::stop_token& stop) {
  TRY(const bool the_admins, IsTheAdmins(job, submissions));
  if (!the_admins) return {};
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  TRY(const std::string cluster, ClusterIdOf(access));
  return Adopt(*ConnectTo(std::move(access)), submissions, cluster, job.id, stop);
}

Result<ExitCode> Cancel(const Given& given, const Program& program) {
  const std::string& job_id = given.arguments.front();
  const Console& console = program.console;
  TRY_OK(CheckJsonIsSure(given));
  TRY(const EnvironmentConfig config, LoadEnvironment(program.environment));
  TRY(const auto database, OpenDatabase(given, program, Database::Use::kChange));
  const auto queries = database->NewQueries();
  TRY(const JobSummary job, queries->Job(job_id));
  if (!given.Has(option::kYes)) {
    Tell(console, "Its workers commit what is open and end; that is final, it cannot be resumed.");
    if (!Confirmed(console)) {
      return Fatal("cancel: not confirmed, nothing was changed", {}, "answer yes, or add --yes");
    }
  }
  const std::stop_token stop = program.stop_on_signals();
  SetUpLog(LogLevel::kOff, LogFormat::kText, {});  // what is kept true is told as phases
  const auto submissions = database->NewSubmissions();
  TRY_OK(AdoptForeign(job, *submissions, given, program, stop));
  TRY(const auto submission, submissions->Cancel(job_id));
  std::unique_ptr<ClusterKeeping> keeping;
  if (submission && submission->ended_at.empty()) {
    TRY(keeping, KeepJobsOf(*submission, given, program));
  }
  return WaitForEnd(*queries, given, program, LifeOf(config.settings), stop);
}

}  // namespace

constinit const Command kCancelCommand = {
    "cancel",
    "JOB",
    "give a job up for good, here or on Kubernetes",
    "Its workers commit what is open and end within seconds; what they sent stays sent. On "
    "Kubernetes its\nobjects are deleted, and workers that cannot be reached are fenced off. It is "
    "cancelled when no\npod is left; the command waits for that, and may be repeated.\n"
    "\n"
    "Exit codes: 0 cancelled, 1 it had ended or cannot be cancelled, 4 interrupted, with pods "
    "left.",
    kOptions,
    kExamples,
    Cancel};

}  // namespace reprocess
