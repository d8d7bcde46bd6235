#include "views/plan.h"

#include <utility>

#include "cli/commands.h"
#include "cli/job_options.h"
#include "cli/missing_options.h"
#include "cli/new_job_options.h"
#include "cli/plan_view.h"
#include "cli/program.h"
#include "cli/silence.h"
#include "storage/make_storage.h"
#include "store/database.h"
#include "store/database_url.h"

namespace reprocess {
namespace {

constexpr Option kOptions[] = {option::kFrom,
                               option::kTo,
                               option::kStream,
                               option::kConnection,
                               option::kOnlyConnection,
                               option::kVersionId,
                               option::kManifest,
                               option::kJobLimit,
                               option::kStartFile,
                               option::kStartLine,
                               option::kKafka,
                               option::kTopic,
                               option::kOut,
                               option::kDryRun,
                               option::kRepositoryUrl,
                               option::kNewJob,
                               option::kWorkers,
                               option::kDelivery,
                               option::kMaxErrors,
                               option::kMaxMessages,
                               option::kMaxBytes,
                               option::kMaxLag,
                               option::kLagGroup,
                               option::kNewOnly,
                               option::kOnlyMissing,
                               option::kOutside,
                               option::kPartly,
                               option::kForeign,
                               option::kSince,
                               option::kShardTopics,
                               option::kMissingMemory,
                               option::kDatabase,
                               option::kJson};
constexpr Example kExamples[] = {
    {"See what one day would be",
     "reprocess plan s3://bucket/failover --from 2026-05-01 --to 2026-05-01 \\\n"
     "      --kafka broker:9092 --topic destination-messages --job may-1"},
    {"And start it", "reprocess run --job may-1"}};

// Pods share a database server, not a file.
bool CanBeSubmitted(const std::string& database_url) {
  const auto url = ParseDatabaseUrl(database_url);
  return url && url->backend == Backend::kPostgres;
}

std::vector<NextStep> NextSteps(const PlannedJob& job, const PlanCommand& command) {
  const JobOptions& options = command.options;
  if (job.plan.begun != Begun::kNot) {
    return {{"reprocess status " + job.plan.job_id + options.database, "shows how it stands"}};
  }
  std::vector<NextStep> next = {
      {"reprocess run --job " + job.plan.job_id + options.database + options.repository,
       "replays it here"}};
  if (CanBeSubmitted(command.database_url) && job.destination.kind == Destination::kKafka) {
    next.push_back({"reprocess submit --job " + job.plan.job_id + options.database,
                    "replays it on Kubernetes"});
  }
  return next;
}

Result<PlannedJob> PlanWith(PlanCommand& command, const Program& program) {
  Silence silence(program.console);
  command.request.step = TellSteps(silence, command.waits_for);
  command.request.step(Step::kDatabase);
  TRY(const auto database, Database::Open(command.database_url, Database::Use::kWork));
  const World world{*database, StorageMakerIn(program.environment), SystemClock()};
  auto job = PlanJob(command.request, world, {});
  silence.End();
  return job;
}

Result<ExitCode> PlanFiles(const Given& given, const Program& program) {
  TRY_OK(CheckVariableNames(program.variables));
  TRY(PlanCommand command, PlanCommandOf(given, program.environment));
  PrintWarnings(program.console, command.warnings, false);
  TRY(const PlannedJob job, PlanWith(command, program));
  PrintWarnings(program.console, job.warnings, false);
  const auto next = NextSteps(job, command);
  Print(program.console.out,
        given.Has(option::kJson) ? PlannedJson(job, next) : PlannedText(job, next, program.Out()));
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kPlanCommand = {
    "plan",
    "[PATH...]",
    "plan a job and store it: which files, shared out how; starts nothing",
    "Finds the files as `reprocess run` does, shares them out over workers, compares them with "
    "what\n"
    "earlier jobs have sent, and stores the plan as a job that is pending. `reprocess run --job` "
    "starts\nit. The same command with the same --job finds the plan again, or says what differs "
    "by "
    "now.\nPLAN is a hash of all that is to be done.",
    kOptions,
    kExamples,
    PlanFiles};

}  // namespace reprocess
