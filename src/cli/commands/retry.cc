#include <utility>

#include <fmt/format.h>

#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/commands/run.h"
#include "cli/database_option.h"
#include "cli/job_keeping.h"
#include "cli/new_job_options.h"
#include "cli/options.h"
#include "cli/silence.h"
#include "cli/submit_again.h"
#include "cli/values.h"
#include "storage/make_storage.h"
#include "views/run.h"

namespace reprocess {
namespace {

constexpr Option kFailedLines{option::kWhat, "--failed-lines", "", "only lines"},
    kFailedFiles{option::kWhat, "--failed-files", "", "only files"},
    kReason{option::kWhat, "--reason",
            "NAME",        "only lines that failed for this reason",
            false,         [] { return ReasonNames(" "); }},
    kRepaired{option::kWhat, "--repaired", "",
              "failed files in their repaired version: at the same path, or below DIR"},
    kMoved{option::kWhat, "--moved", "OLD=NEW",
           "the repaired version of the file OLD is NEW; may be repeated", true},
    kAgain{option::kWhat, "--again", "", "also lines that an earlier retry of JOB has taken up"},
    kKafka{option::kWhere, "--kafka", "BROKERS", "where the cluster is now"},
    kTopic{option::kWhere, "--topic", "NAME", "where JOB's own settings name none"},
    kJob{option::kHow, "--job", "ID", "name of the new job"},
    kKubernetes{option::kHow, "--kubernetes", "",
                "on Kubernetes, with what JOB was submitted with"};
constexpr Option kOptions[] = {kFailedLines,
                               kFailedFiles,
                               kReason,
                               kRepaired,
                               kMoved,
                               kAgain,
                               kKafka,
                               kTopic,
                               option::kRepositoryUrl,
                               kJob,
                               option::kShards,
                               kKubernetes,
                               option::kNamespace,
                               option::kContext,
                               option::kDatabase,
                               option::kJsonEvents};
constexpr Example kExamples[] = {
    {"After the stream was added to the repository",
     "reprocess retry job-7 --reason unknown_stream --repository-url http://console/streams"},
    {"Files that could not be read, once they can", "reprocess retry job-7 --failed-files"},
    {"A truncated file, of which a whole copy was found",
     "reprocess retry job-7 --repaired /var/restored"}};

Result<RetryRequest> RequestOf(const Given& given) {
  const auto& words = given.arguments;
  RetryRequest request{.job_id = words.front(),
                       .lines = given.Has(kFailedLines),
                       .files = given.Has(kFailedFiles),
                       .reason = {},
                       .repaired = given.Has(kRepaired) || !given.All(kMoved).empty(),
                       .repaired_directory = words.size() > 1 ? words[1] : "",
                       .moved = given.All(kMoved)};
  if (words.size() > 2 || (words.size() == 2 && !request.repaired)) {
    return Invalid("read arguments: unexpected argument " + words.back(), {},
                   "one job is retried; a folder goes with --repaired");
  }
  if (request.repaired) request.files = true;
  if (!request.lines && !request.files) request.lines = request.files = true;
  TRY(request.reason, ReasonArgument(given.Text(kReason)));
  if (request.reason && request.repaired) request.lines = true;
  if (request.reason && !given.Has(kFailedLines) && !request.repaired) request.files = false;
  if (request.reason && !request.lines) {
    return Invalid("read --reason: it is of lines, and --failed-files asks for files alone");
  }
  return request;
}

Result<PreparedRun> PrepareThere(RunCommand command, const World& world, const Program& program) {
  Silence silence(program.console);
  command.request.step = TellSteps(silence, command.waits_for);
  return PrepareRun(command.request, world, {});
}

// The retry is planned here, and given to Kubernetes with what JOB's submission kept.
Result<ExitCode> RetryThere(const Given& given, RunCommand command, const Program& program) {
  const std::string& job_id = given.arguments.front();
  TRY(auto submission, SubmissionOf(job_id, given, program));
  if (!submission) {
    return Fatal("retry on Kubernetes: the job was not submitted there", job_id,
                 "leave --kubernetes out, and it is retried here", Code::kConflict);
  }
  command.request.begun = Begun::kNot;
  if (command.request.shards == 0) command.request.shards = submission->parallelism;
  TRY(const auto database,
      OpenDatabase(command.database_url, given, program, Database::Use::kWork));
  const World world{*database, StorageMakerIn(program.environment), SystemClock()};
  TRY(const PreparedRun run, PrepareThere(std::move(command), world, program));
  PrintWarnings(program.console, run.warnings, given.Has(option::kJsonEvents));
  submission->job_id = run.job_id;
  submission->job_uid.clear();
  TRY_OK(SubmitAgain(*submission, given, program));
  Print(program.console.out,
        given.Has(option::kJsonEvents)
            ? PlanJson(run)
            : fmt::format("job {} is submitted: reprocess watch {}\n", run.job_id, run.job_id));
  return ExitCode::kCompleted;
}

Result<ExitCode> RetryJob(const Given& given, const Program& program) {
  TRY(RetryRequest request, RequestOf(given));
  TRY(RunCommand command, RunCommandOf(given, std::move(request), program.environment));
  if (given.Has(kKubernetes)) return RetryThere(given, std::move(command), program);
  return ReplayHere(std::move(command), given.Has(option::kJsonEvents), true, program);
}

}  // namespace

constinit const Command kRetryCommand = {
    "retry",
    "JOB [DIR]",
    "send what a job could not: a new job for its failed lines and files",
    "Makes a new job of the lines that JOB's ledger lists, and of its failed files from where "
    "they\n"
    "stopped, with JOB's filters and destination; and replays it here, or on Kubernetes as JOB "
    "was.\n"
    "Keys are the same as in JOB. What fails again is in the new job's books: retry that one. "
    "Without\n"
    "--failed-lines and --failed-files both are retried.",
    kOptions,
    kExamples,
    RetryJob};

}  // namespace reprocess
