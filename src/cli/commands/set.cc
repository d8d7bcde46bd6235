// `set`, and `pause` and `resume`, which set one thing.
#include "cli/commands/set.h"

#include <algorithm>
#include <map>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/log.h"
#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_keeping.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/status_view.h"
#include "cli/values.h"
#include "cluster/control.h"
#include "model/throttle.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr Option kOptions[] = {option::kDatabase, option::kJson};
constexpr Option kSuspend{option::kHow, "--suspend", "",
                          "on Kubernetes: give the pods' room to others meanwhile"};
constexpr Option kPauseOptions[] = {kSuspend, option::kNamespace, option::kContext,
                                    option::kDatabase, option::kJson};
constexpr Option kResumeOptions[] = {option::kNamespace, option::kContext, option::kDatabase,
                                     option::kJson};
constexpr Example kSetExamples[] = {
    {"At most 2,000 messages a second", "reprocess set job-7 max_messages_per_second=2k"},
    {"Hold while a consumer is behind",
     "reprocess set job-7 max_consumer_lag=50000 lag_groups=bulker,rotor"},
    {"Let a job go on that had too many errors", "reprocess set job-7 max_errors=100%"},
    {"As configured again", "reprocess set job-7 max_messages_per_second= max_consumer_lag="}};
constexpr Example kPauseExamples[] = {
    {"Hold a job", "reprocess pause job-7"},
    {"Hold one on Kubernetes over the night", "reprocess pause job-7 --suspend"}};
constexpr Example kResumeExamples[] = {{"Go on", "reprocess resume job-7"}};

// Names separated by commas; nullopt for none.
Result<std::optional<std::vector<std::string>>> GroupsOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::vector<std::string> groups;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    groups.push_back(text.substr(at, comma - at));
    if (groups.back().empty()) return Expected("lag_groups", text, "names separated by commas");
    at = comma + 1;
  }
  return groups;
}

Result<ExitCode> Change(const ControlsRequest& request, const Given& given,
                        const Program& program) {
  TRY(const auto queries, OpenQueries(given, program.environment, Database::Use::kChange));
  TRY(const JobThrottle throttle, ChangeControls(request, *queries));
  Print(program.console.out, given.Has(option::kJson) ? ThrottleJson(request.job_id, throttle)
                                                      : ThrottleText(request.job_id, throttle));
  return ExitCode::kCompleted;
}

Result<ExitCode> Set(const Given& given, const Program& program) {
  TRY(const ControlsRequest request, SetRequestOf(given));
  return Change(request, given, program);
}

Result<ExitCode> Hold(bool paused, const Given& given, const Program& program) {
  return Change({.job_id = given.arguments.front(), .change = {.paused = paused}}, given, program);
}

std::string UserOf(const Environment& environment) {
  return environment("USER").value_or("an operator");
}

// Carried out by whoever keeps the cluster's jobs, which may be us.
Result<void> AwaitSuspended(JobKeeping& keeping, const Submission& submission,
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
  TRY(const auto submission, SubmissionOf(job_id, given, program.environment));
  if (!submission) {
    return Fatal("suspend the job: it was not submitted to Kubernetes", job_id,
                 "`reprocess pause` without --suspend holds it", Code::kConflict);
  }
  const std::stop_token stop = program.stop_on_signals();
  SetUpLog(LogLevel::kOff, LogFormat::kText, {});
  TRY(const auto keeping, JobKeeping::Begin(*submission, given, program));
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

// One that is suspended is not paused: it has no workers to hold.
Result<ExitCode> Resume(const Given& given, const Program& program) {
  const std::string& job_id = given.arguments.front();
  TRY(const auto submission, SubmissionOf(job_id, given, program.environment));
  if (!submission || !submission->suspended) return Hold(false, given, program);
  TRY(const auto keeping, JobKeeping::Begin(*submission, given, program));
  TRY_OK(Unsuspend(keeping->api(), keeping->submissions(), *submission, {}));
  return Hold(false, given, program);
}

}  // namespace

Result<ControlsRequest> SetRequestOf(const Given& given) {
  ControlsRequest request;
  if (given.arguments.size() < 2) {
    return Invalid("read arguments: nothing to set", {}, "give KEY=VALUE after the job");
  }
  request.job_id = given.arguments.front();
  ControlsChange& change = request.change;
  const std::map<std::string, std::optional<std::optional<std::uint64_t>>*> limits = {
      {"max_messages_per_second", &change.max_messages_per_second},
      {"max_bytes_per_second", &change.max_bytes_per_second},
      {"max_consumer_lag", &change.max_consumer_lag}};
  for (const std::string& word : given.arguments | std::views::drop(1)) {
    const auto equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const auto limit = limits.find(key);
    if (equals == std::string::npos ||
        std::ranges::find(kLimitKeys, std::string_view(key)) == kLimitKeys.end()) {
      return Invalid(fmt::format("read {}: expected KEY=VALUE", word), {},
                     fmt::format("KEY is one of {}", fmt::join(kLimitKeys, ", ")));
    }
    const std::string value = word.substr(equals + 1);
    if (key == "lag_groups") {
      TRY(change.lag_groups, GroupsOf(value));
    } else if (key == "max_errors") {
      change.max_errors.emplace(std::nullopt);
      if (!value.empty()) {
        TRY(*change.max_errors, MostErrorsOf(key, value));
      }
    } else if (value.empty()) {
      limit->second->emplace(std::nullopt);
    } else {
      TRY(*limit->second, AmountOf(key, value));
    }
  }
  return request;
}

constinit const Command kSetCommand = {
    "set",
    "JOB KEY=VALUE...",
    "change a job's limits, also while it runs",
    "KEY is max_messages_per_second, max_bytes_per_second, max_consumer_lag or "
    "lag_groups (names, comma\nseparated), of the whole job: numbers take k, M and G (2k "
    "is 2,000), and 0 is no limit; or\nmax_errors of each shard (lines, or a share such as "
    "5%, where 100% is no limit). No VALUE means the\none of the job's configuration. "
    "Workers follow within two seconds. docs/throttling.md says what\nthe limits do.",
    kOptions,
    kSetExamples,
    Set,
    [] { return fmt::format("{}=", fmt::join(kLimitKeys, "= ")); }};

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

constinit const Command kResumeCommand = {"resume",
                                          "JOB",
                                          "let a paused job go on",
                                          "Workers follow within two seconds. Where they have "
                                          "ended, `reprocess run --job` goes on. A job "
                                          "on\nKubernetes that is suspended gets its pods again.",
                                          kResumeOptions,
                                          kResumeExamples,
                                          Resume};

}  // namespace reprocess
