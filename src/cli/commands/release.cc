#include "cluster/release.h"

#include <climits>

#include <fmt/format.h>

#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_keeping.h"
#include "cli/program.h"
#include "cli/values.h"
#include "jobs/reach_cluster.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Option kWorker{option::kWhat, "--worker", "N", "the worker whose node is lost"};
constexpr Option kOptions[] = {kWorker, option::kNamespace, option::kContext, option::kDatabase,
                               option::kJson};
constexpr Example kExamples[] = {
    {"The node of worker 3 does not come back", "reprocess release job-7 --worker 3"}};

Result<ExitCode> ReleaseJob(const Given& given, const Program& program) {
  const std::string& job_id = given.arguments.front();
  if (given.Text(kWorker).empty()) {
    return Invalid("read arguments: which worker is not given", {},
                   "give --worker N; `reprocess watch` names it");
  }
  TRY(const auto count, CountOf(kWorker.name, given.Text(kWorker), 0, INT_MAX, 0));
  const int worker = static_cast<int>(count);
  TRY(const auto submission, SubmissionOf(job_id, given, program));
  if (!submission) {
    return Fatal("release the worker: its job was not submitted to Kubernetes", job_id, {},
                 Code::kConflict);
  }
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  TRY(access, AccessToJob(std::move(access), *submission));
  TRY(const ReleasedPod released,
      ReleaseWorker(*ConnectTo(std::move(access)), job_id, worker, SystemClock().Wall(), {}));
  Print(program.console.out,
        given.Has(option::kJson)
            ? ReleasedJson(job_id, worker, released.pod, released.node)
            : fmt::format("job {}: {} on {} counts as failed; worker {} starts again elsewhere\n",
                          job_id, released.pod, released.node, worker));
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kReleaseCommand = {
    "release",
    "JOB",
    "let a worker start again whose node on Kubernetes is lost",
    "Of a node that does not answer Kubernetes waits until somebody says that it is gone, and so "
    "its "
    "pods\nhave no successors; `watch` says so a minute past their grace. This marks the worker's "
    "pod as\nfailed, where its node is lost. No line is sent twice: the successor fences whoever "
    "may "
    "still run\nthere. It needs the right to patch pods/status.",
    kOptions,
    kExamples,
    ReleaseJob};

}  // namespace reprocess
