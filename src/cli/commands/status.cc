#include "views/status.h"

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/status_view.h"
#include "cli/values.h"

namespace reprocess {
namespace {

constexpr int kMostJobs = 10'000'000, kDefaultJobs = 20;

constexpr Option kExitStatus{option::kHow, "--exit-status", "",
                             "exit as JOB did, or with 4 while it has not ended"};
constexpr Option kLimit{option::kBooks, "--limit", "N", "list N jobs (default 20)"};
constexpr Option kOptions[] = {kExitStatus, kLimit, option::kDatabase, option::kJson};
constexpr Example kExamples[] = {
    {"The newest jobs", "reprocess status"},
    {"One job, from PostgreSQL", "reprocess status job-7 --database postgresql://localhost/bulker"},
    {"Wait for a job, in a script",
     "until reprocess status job-7 --exit-status; [ $? != 4 ]; do sleep 10; done"}};

Result<ExitCode> ShowStatus(const Given& given, const Program& program) {
  const bool json = given.Has(option::kJson);
  TRY(const auto most, CountOf(kLimit.name, given.Text(kLimit), 1, kMostJobs, kDefaultJobs));
  if (given.Has(kExitStatus) && given.arguments.empty()) {
    return Invalid("read --exit-status: it needs JOB", {}, "name the job whose end is asked for");
  }
  TRY(const EnvironmentConfig config, LoadEnvironment(program.environment));
  const Milliseconds life = LifeOf(config.settings);
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  const WallTime now = SystemClock().Wall();
  if (given.arguments.empty()) {
    TRY(const auto jobs, ListJobs(*queries, {.most = static_cast<int>(most)}, life, now));
    Print(program.console.out, json ? JobsJson(jobs) : JobsText(jobs, program.Out()));
    return ExitCode::kCompleted;
  }
  TRY(const JobView view, ViewJob(*queries, given.arguments.front(), life, now));
  const auto next = NextSteps(view, JobOptionsOf(given, config));
  if (json) {
    Print(program.console.out, JobJson(view, next));
  } else {
    TRY(const auto paths, PathsOf(*queries, view));
    Print(program.console.out, JobText(view, paths, next, program.Out()));
  }
  return given.Has(kExitStatus) ? ExitOf(view.standing.outcome) : ExitCode::kCompleted;
}

}  // namespace

constinit const Command kStatusCommand = {
    "status",
    "[JOB]",
    "list jobs, or show one with its shards",
    "Without JOB the newest jobs; with it the job's counts, of each shard its place, owner and\n"
    "generation, and what to do next. A job is stopped where its worker ended in order with work "
    "left,\n"
    "and lost where it gives no sign any more. Progress is that of stored bytes.\n"
    "\n"
    "Exit codes: 0 whatever is shown; with --exit-status as the job ended (0, 1, 2; 1 where it "
    "was\n"
    "cancelled), 4 while somebody works on it, or could go on with it.",
    kOptions,
    kExamples,
    ShowStatus};

}  // namespace reprocess
