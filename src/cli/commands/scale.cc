#include <fmt/format.h>

#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_keeping.h"
#include "cli/numbers.h"
#include "cli/program.h"
#include "cli/values.h"
#include "cluster/control.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Option kOptions[] = {option::kNamespace, option::kContext, option::kDatabase,
                               option::kJson};
constexpr Example kExamples[] = {{"Ten pods at a time", "reprocess scale job-7 10"}};

Result<ExitCode> ScaleJob(const Given& given, const Program& program) {
  if (given.arguments.size() != 2) {
    return Invalid("read arguments: how many pods is not given", {}, "give JOB N");
  }
  const std::string& job_id = given.arguments.front();
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  TRY(const JobSummary job, queries->Job(job_id));
  const auto most = static_cast<std::uint64_t>(std::max(1, job.total_workers));
  TRY(const auto count, CountOf("N", given.arguments[1], 1, most, 1));
  TRY(const auto submission, SubmissionOf(job_id, given, program));
  if (!submission) {
    return Fatal("scale the job: it was not submitted to Kubernetes", job_id,
                 "of a job that runs here, --shards is for good", Code::kConflict);
  }
  TRY(const auto keeping, KeepJobsOf(*submission, given, program));
  const int pods = static_cast<int>(count);
  TRY_OK(Scale(keeping->api(), keeping->submissions(), *submission, pods, {}));
  Print(program.console.out, given.Has(option::kJson) ? ScaleJson(job_id, pods)
                                                      : fmt::format("job {}: {} at a time\n",
                                                                    job_id, Plural(count, "pod")));
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kScaleCommand = {
    "scale",
    "JOB N",
    "change how many pods of a job on Kubernetes run at once",
    "At most as many as the job has workers. Pods that are too many commit and end; their shards "
    "go "
    "on\nlater. A job that has not grown to its width yet grows to this one.",
    kOptions,
    kExamples,
    ScaleJob};

}  // namespace reprocess
