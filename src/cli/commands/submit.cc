#include "cluster/submit.h"

#include <utility>

#include <fmt/format.h>

#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_options.h"
#include "cli/missing_options.h"
#include "cli/new_job_options.h"
#include "cli/numbers.h"
#include "cli/plan_view.h"
#include "cli/program.h"
#include "cli/silence.h"
#include "cli/submit_options.h"
#include "cli/values.h"
#include "cluster/names.h"
#include "config/surroundings.h"
#include "jobs/only_missing.h"
#include "jobs/reach_cluster.h"
#include "jobs/start_job.h"
#include "jobs/submit_job.h"
#include "kube/yaml.h"
#include "plan/make_plan.h"
#include "plan/plan_config.h"
#include "storage/make_storage.h"
#include "store/database.h"
#include "views/submission.h"

namespace reprocess {
namespace {

constexpr Option kJob{option::kWhat, "--job", "JOB",
                      "the job that `reprocess plan` stored; with PATH: name of a new one"},
    kAgain{option::kHow, "--again", "", "also files that an earlier job has replayed"},
    kPlanHash{option::kHow, "--plan-hash", "HASH", "only if this is the plan"},
    kReason{option::kHow, "--reason", "TEXT", "why, for the books"},
    kNoWait{option::kHow, "--no-wait", "",
            "start all pods at once, without a first one that shows that it works"},
    kPrint{option::kHow, "--print",
           "FORMAT",     "write the objects instead, without a secret: yaml or json",
           false,        [] { return std::string("yaml json"); }};
constexpr Option kOptions[] = {kJob,
                               option::kFrom,
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
                               option::kDryRun,
                               option::kRepositoryUrl,
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
                               kAgain,
                               option::kPlanIsMeant,
                               kPlanHash,
                               kReason,
                               kNoWait,
                               kPrint,
                               option::kNamespace,
                               option::kContext,
                               option::kImage,
                               option::kParallelism,
                               option::kServiceAccount,
                               option::kNodeSelector,
                               option::kValues,
                               option::kDatabase,
                               option::kJsonSure};
constexpr Example kExamples[] = {
    {"What was planned, in the context's namespace", "reprocess submit --job may-1"},
    {"From a script, as another account",
     "reprocess submit --job may-1 --yes --service-account replayer --reason \"outage of 1 May\""},
    {"For people who keep manifests in git",
     "reprocess submit --job may-1 --values values.yaml --print yaml > may-1.yaml"}};

// What is asked for, read whole before anything is opened.
struct SubmitCommand {
  Environment environment;  // with the options in their variables' place, for us and for workers
  std::string database_url, database_text;
  std::optional<PlanCommand> plan;  // of PATH; else --job is planned already
  std::string job_id, plan_hash, reason, print;
  Values values;
  bool yes = false, again = false, wait = true, json = false;
};

Result<std::string> ServerDatabaseOf(const Given& given, const Environment& environment) {
  TRY(std::string url, DatabaseUrlOf(given.Text(option::kDatabase), environment));
  TRY_OK(CheckPodsCanShare(url));
  return url;
}

Result<void> CheckTogether(const Given& given, const SubmitCommand& command) {
  if (command.job_id.empty() && !command.plan) {
    return Invalid("read arguments: no job to submit", {},
                   "name PATHs, a --manifest, or a planned --job");
  }
  TRY_OK(CheckJsonIsSure(given));
  if (!command.print.empty() && command.print != "yaml" && command.print != "json") {
    return Expected(kPrint.name, command.print, "yaml or json");
  }
  if (!command.print.empty() && command.values.existing_secret.empty()) {
    return Invalid("read --print: objects that are written hold no secret", {},
                   "name one that is there, as existingSecret in the --values file");
  }
  if (!command.plan && !given.Text(option::kWorkers).empty()) {
    return Invalid("read --workers: the plan of --job has its number of workers", {},
                   "--parallelism says how many run at once");
  }
  return {};
}

Result<SubmitCommand> SubmitCommandOf(const Given& given, const Program& program) {
  SubmitCommand command;
  const Environment admins = WithAdminsNames(program.environment);
  TRY(command.database_url, ServerDatabaseOf(given, admins));
  command.environment = Overlay(admins, {{"DATABASE_URL", command.database_url},
                                         {"REPOSITORY_URL", given.Text(option::kRepositoryUrl)}});
  command.database_text = DatabaseText(given);
  command.job_id = given.Text(kJob);
  command.plan_hash = given.Text(kPlanHash);
  command.reason = given.Text(kReason);
  command.print = given.Text(kPrint);
  command.yes = given.Has(option::kPlanIsMeant);
  command.again = given.Has(kAgain);
  command.wait = !given.Has(kNoWait);
  command.json = given.Has(option::kJson);
  TRY(command.values, ValuesOf(given, admins, program.version));
  if (!given.arguments.empty() || !given.Text(option::kManifest).empty()) {
    TRY(command.plan, PlanCommandOf(given, admins));
  }
  TRY_OK(CheckTogether(given, command));
  return command;
}

Result<PlannedJob> PlanOf(SubmitCommand& command, Database& database, const Program& program) {
  if (!command.plan) return StoredPlan(command.job_id, *database.NewQueries());
  Silence silence(program.console);
  command.plan->request.step = TellSteps(silence, command.plan->waits_for);
  const World world{database, StorageMakerIn(program.environment), SystemClock()};
  return PlanJob(command.plan->request, world, {});
}

Result<void> CheckHash(const SubmitCommand& command, const PlannedJob& job) {
  if (command.plan_hash.empty() || command.plan_hash == job.hash) return {};
  return Fatal(fmt::format("submit the job: its plan is {}, not {}", job.hash, command.plan_hash),
               job.plan.job_id, "look at it again with `reprocess plan`, then name its hash",
               Code::kConflict);
}

// What others have sent since the plan was made counts too. Who is not asked must say so before.
Result<void> CheckReplayed(const SubmitCommand& command, PlannedJob& job, Database& database,
                           const Program& program) {
  if (job.plan.begun != Begun::kNot || job.destination.kind != Destination::kKafka) return {};
  TRY(const EnvironmentConfig config, LoadEnvironment(command.environment));
  const auto storage = StorageMakerIn(program.environment)(config.settings, {}, {});
  TRY(const std::string replayed,
      ReplayedOfPlan(job.plan, job.destination, *database.NewQueries(), *storage, {}));
  if (replayed.empty()) return {};
  job.checked.replayed = replayed;
  if (!command.yes || command.again) return {};
  return Fatal("submit the job: " + replayed, job.plan.job_id,
               "plan it with --new-only, or send all lines once more with --again",
               Code::kReplayed);
}

// Before anything is made of it.
Result<void> CheckMissing(const SubmitCommand& command, const PlannedJob& job, Database& database,
                          const Program& program) {
  if (job.plan.begun != Begun::kNot) return {};
  TRY(const EnvironmentConfig config, LoadEnvironment(command.environment));
  return CheckStillMissing(job.plan, *database.NewQueries(),
                           {KafkaOfPlan(config.kafka, job.plan.config),
                            config.settings,
                            StorageMakerIn(program.environment),
                            {}});
}

std::string PrintedText(const JobMaterial& material, const std::string& format) {
  const std::string texts[] = {FilesText(material, {}), ConfigText(material, {}),
                               JobText(material, Start::kAtOnce)};
  if (format == "yaml") return YamlOf(texts[0]) + YamlOf(texts[1]) + YamlOf(texts[2]);
  return fmt::format("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n{},\n{},\n{}\n]}}\n",
                     texts[0], texts[1], texts[2]);
}

std::string WhereText(const JobMaterial& material, const ClusterAccess& access) {
  return fmt::format(
      "on Kubernetes: namespace {} of {}, {} at once, image {}\n", access.name_space, access.server,
      Plural(static_cast<std::uint64_t>(ParallelismOf(material)), "pod"), material.values.image);
}

Result<void> Confirm(const SubmitCommand& command, const PlannedJob& job,
                     const JobMaterial& material, const ClusterAccess& access,
                     const Program& program) {
  if (!command.json) {
    Print(program.console.out, PlannedText(job, {}, program.Out()) + WhereText(material, access));
  }
  if (command.yes || Confirmed(program.console)) return {};
  return Fatal("submit the job: not confirmed, nothing was started", job.plan.job_id,
               "answer yes, or add --yes");
}

std::vector<NextStep> NextSteps(const std::string& job_id, const std::string& database) {
  return {{"reprocess watch " + job_id + database, "shows it until it has ended"},
          {"reprocess logs " + job_id + database + " --follow", "shows what its workers write"}};
}

// Whoever starts another job with these files sees this one from here on.
Result<void> Announce(const PlannedJob& job, Database& database, Queries& queries,
                      const Program& program, const std::stop_token& stop) {
  if (job.plan.begun != Begun::kNot) return {};
  const World world{database, StorageMakerIn(program.environment), SystemClock()};
  return BeginAlone(job.plan.job_id, job.destination, world, queries, stop,
                    [&] { return queries.SetStarting(job.plan.job_id, true); });
}

Result<ExitCode> SubmitTo(const ClusterAccess& access, const SubmitCommand& command,
                          const PlannedJob& job, JobMaterial material, Database& database,
                          const Program& program) {
  const auto api = ConnectTo(access);
  TRY(const std::string cluster, ClusterIdOf(access));
  const std::stop_token stop = program.stop_on_signals();
  TRY(std::vector<std::string> warnings, AskWhetherTaken(material, job.plan, *api, stop));
  PrintWarnings(program.console, warnings, false);
  TRY_OK(Confirm(command, job, material, access, program));
  const auto submissions = database.NewSubmissions();
  const SubmitWorld world{*api, *submissions, cluster};
  const bool grows = command.wait && GrowsLater(command.values, job);
  const auto queries = database.NewQueries();
  TRY_OK(Announce(job, database, *queries, program, stop));
  auto submitted = Submit({.material = material,
                           .plan_hash = job.hash,
                           .submitted_by = UserOf(program.environment),
                           .reason = command.reason,
                           .full_width = !grows},
                          world, stop);
  if (!submitted) {
    (void)queries->SetStarting(job.plan.job_id, false);
    return std::unexpected(std::move(submitted).error());
  }
  const Submission& row = *submitted;
  Tell(program.console,
       fmt::format("submitted: jobs/{} in namespace {}", JobNameOf(row.job_id), row.name_space));
  if (grows) {
    TRY_OK(GrowOnceSafe(
        row, world, *queries,
        [&](const std::string& what) {
          Tell(program.console, "waiting for " + what + "; Ctrl-C leaves the job with one pod");
        },
        stop));
  }
  const auto next = NextSteps(row.job_id, command.database_text);
  Print(program.console.out, command.json
                                 ? SubmissionJson({.job_id = row.job_id,
                                                   .kubernetes_name = JobNameOf(row.job_id),
                                                   .image = material.values.image,
                                                   .submission = row,
                                                   .total_workers = material.shards,
                                                   .grown = command.values.queue.empty(),
                                                   .warnings = std::move(warnings),
                                                   .next = next})
                                 : NextText(next));
  return ExitCode::kCompleted;
}

// Whoever keeps the cluster's jobs takes it up once the objects are there.
Result<ExitCode> PrintObjects(const ClusterAccess& access, const SubmitCommand& command,
                              const PlannedJob& job, const JobMaterial& material,
                              Database& database, const Program& program) {
  TRY(const std::string cluster, ClusterIdOf(access));
  const auto submissions = database.NewSubmissions();
  TRY(const auto before, submissions->Find(job.plan.job_id));
  if (before && (!before->job_uid.empty() || before->phase != kSubmittedOutside)) {
    return Fatal("print the job's objects: it is submitted already", job.plan.job_id,
                 "`reprocess status` shows how it stands", Code::kConflict);
  }
  TRY_OK(submissions->Begin({.job_id = job.plan.job_id,
                             .cluster = cluster,
                             .name_space = access.name_space,
                             .parallelism = ParallelismOf(material),
                             .plan_hash = job.hash,
                             .options = ValuesJson(material.values),
                             .submitted_by = UserOf(program.environment),
                             .reason = command.reason,
                             .phase = std::string(kSubmittedOutside)},
                            Take::kUnended));
  Tell(program.console, fmt::format("the job counts as submitted once its Job is in namespace {}",
                                    access.name_space));
  Print(program.console.out, PrintedText(material, command.print));
  return ExitCode::kCompleted;
}

Result<ExitCode> SubmitJob(const Given& given, const Program& program) {
  TRY_OK(CheckVariableNames(program.variables));
  TRY(SubmitCommand command, SubmitCommandOf(given, program));
  TRY(const auto database,
      OpenDatabase(command.database_url, given, program, Database::Use::kWork));
  TRY(PlannedJob job, PlanOf(command, *database, program));
  PrintWarnings(program.console, job.warnings, false);
  TRY_OK(CheckHash(command, job));
  TRY_OK(CheckReplayed(command, job, *database, program));
  TRY_OK(CheckMissing(command, job, *database, program));
  const auto lists = database->NewPlanLists();
  TRY(JobMaterial material,
      MaterialOf(job.plan, command.values, command.environment, *lists,
                 command.print.empty() ? kMostListBytes : kMostListBytesApplied));
  TRY(const ClusterAccess access, ClusterOf(given, program.environment));
  if (!command.print.empty()) {
    return PrintObjects(access, command, job, material, *database, program);
  }
  return SubmitTo(access, command, job, std::move(material), *database, program);
}

}  // namespace

constinit const Command kSubmitCommand = {
    "submit",
    "[PATH...]",
    "run a job on Kubernetes: a planned one, or PATH planned first",
    "Shows the plan and where it would run, asks, and makes the job's objects: a Job, two "
    "ConfigMaps and\na Secret with the worker's environment as it is here. One pod starts; once it "
    "has committed, all do,\nso that a wrong setting costs one pod. Cut off anywhere, the same "
    "command finishes it.",
    kOptions,
    kExamples,
    SubmitJob};

}  // namespace reprocess
