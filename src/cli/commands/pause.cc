// `pause` and `resume`.
#include <fmt/format.h>

#include "base/log.h"
#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/commands/set.h"
#include "cli/job_keeping.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/submit_again.h"
#include "cluster/control.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Option kSuspend{option::kHow, "--suspend", "",
                          "on Kubernetes: give the pods' room to others meanwhile"};
constexpr Option kPauseOptions[] = {kSuspend, option::kNamespace, option::kContext,
                                    option::kDatabase, option::kJson};
constexpr Option kResumeOptions[] = {option::kNamespace, option::kContext, option::kDatabase,
                                     option::kJson};
constexpr Example kPauseExamples[] = {
    {"Hold a job", "reprocess pause job-7"},
    {"Hold one on Kubernetes over the night", "reprocess pause job-7 --suspend"}};
constexpr Example kResumeExamples[] = {{"Go on", "reprocess resume job-7"}};

Result<ExitCode> Hold(bool paused, const Given& given, const Program& program) {
  return ChangeLimits({.job_id = given.arguments.front(), .change = {.paused = paused}}, given,
                      program);
}

// Carried out by whoever keeps the cluster's jobs, which may be us.
Result<void> AwaitSuspended(ClusterKeeping& keeping, const Submission& submission,
                            const std::stop_token& stop) {
  constexpr Milliseconds kLook{500};
  for (;;) {
    TRY(const SeenJob job, JobOfSubmission(keeping.api(), submission, stop));
    if (job.suspended) return {};
    if (!SystemClock().SleepFor(kLook, stop)) return Stopped("suspend the job");
  }
}

Result<ExitCode> Suspend(const Given& given, const Program& program) {
  const std::string& job_id = given.arguments.front();
  TRY(const auto submission, SubmissionOf(job_id, given, program));
  if (!submission) {
    return Fatal("suspend the job: it was not submitted to Kubernetes", job_id,
                 "`reprocess pause` without --suspend holds it", Code::kConflict);
  }
  const std::stop_token stop = program.stop_on_signals();
  SetUpLog(LogLevel::kOff, LogFormat::kText, {});
  TRY(const auto keeping, KeepJobsOf(*submission, given, program));
  TRY_OK(JobOfSubmission(keeping->api(), *submission, stop));
  TRY_OK(AskToSuspend(keeping->submissions(), *submission, UserOf(program.environment)));
  TRY_OK(AwaitSuspended(*keeping, *submission, stop));
  Print(program.console.out, given.Has(option::kJson) ? SuspendedJson(job_id, true)
                                                      : fmt::format("job {}: suspended\n", job_id));
  return ExitCode::kCompleted;
}

Result<ExitCode> Pause(const Given& given, const Program& program) {
  return given.Has(kSuspend) ? Suspend(given, program) : Hold(true, given, program);
}

Result<ExitCode> Resume(const Given& given, const Program& program) {
  TRY(const auto submission, SubmissionOf(given.arguments.front(), given, program));
  if (submission) TRY_OK(SubmitAgain(*submission, given, program));
  return Hold(false, given, program);
}

}  // namespace

constinit const Command kPauseCommand = {
    "pause",
    "JOB",
    "hold a job: its shards send nothing until it is resumed",
    "Workers follow within two seconds: they commit what is open, then wait, and stay alive. With\n"
    "--suspend the pods of a job on Kubernetes end instead, and `reprocess resume` starts new "
    "ones.",
    kPauseOptions,
    kPauseExamples,
    Pause};

constinit const Command kResumeCommand = {
    "resume",
    "JOB",
    "let a paused or suspended job go on, or one whose pods ended",
    "Workers follow within two seconds. Where they have ended, `reprocess run --job` goes on. A "
    "job "
    "on\nKubernetes that is suspended gets its pods again; of one whose Job has ended, has expired "
    "or was\ndeleted the same objects are made again, and its checkpoints say where it goes on. A "
    "cancelled job\nis not resumed.",
    kResumeOptions,
    kResumeExamples,
    Resume};

}  // namespace reprocess
