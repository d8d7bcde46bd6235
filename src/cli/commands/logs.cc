#include "cli/commands/logs.h"

#include <charconv>
#include <climits>

#include <fmt/format.h>

#include "cli/cluster_option.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/numbers.h"
#include "cli/program.h"
#include "cli/values.h"
#include "cluster/job_logs.h"
#include "jobs/reach_cluster.h"

namespace reprocess {
namespace {

constexpr Option kWorker{option::kWhat, "--worker", "N", "of this worker alone"};
constexpr Option kSince{option::kWhat, "--since", "TIME",
                        "nothing older: 90s, 10m, 2h, or an RFC 3339 time"};
constexpr Option kTail{option::kWhat, "--tail", "N", "only the last N lines of each worker"};
constexpr Option kFollow{option::kHow, "--follow", "", "go on as they are written, until it ends"};
constexpr Option kOptions[] = {
    kWorker, kSince, kTail, kFollow, option::kNamespace, option::kContext, option::kDatabase};
constexpr Example kExamples[] = {
    {"What a job's workers wrote", "reprocess logs job-7"},
    {"One worker, as it goes", "reprocess logs job-7 --worker 3 --follow --tail 50"}};

class Printer final : public LogsListener {
 public:
  explicit Printer(const Console& console) : console_(console) {}
  void Line(const JobLogLine& line) override {
    Print(console_.out, fmt::format("{:>3}  {}\n", line.worker, line.text));
  }
  void Note(const std::string& text) override { Tell(console_, text); }

 private:
  const Console& console_;
};

// What was kept; nothing where there is no database: pods that are there need none.
Result<std::vector<PodRow>> KeptPods(const Given& given, const Program& program,
                                     const std::string& job_id) {
  const auto database = OpenDatabase(given, program, Database::Use::kAsk);
  if (!database && database.error().code == Code::kNotFound) return {};
  if (!database) return std::unexpected(database.error());
  return (*database)->NewClusterStore()->Pods(job_id);
}

Result<ExitCode> ShowLogs(const Given& given, const Program& program) {
  TRY(const LogsRequest request, LogsRequestOf(given, SystemClock().Wall()));
  TRY(ClusterAccess access, ClusterOf(given, program.environment));
  const auto kept = KeptPods(given, program, request.job_id);
  if (!kept) {
    Tell(program.console, "of pods that are gone nothing is shown: " + kept.error().ToString());
  }
  const std::vector<PodRow> gone = kept.value_or(std::vector<PodRow>());
  const auto api = ConnectTo(std::move(access));
  Printer printer(program.console);
  const std::stop_token stop = program.stop_on_signals();
  const auto whole = given.Has(kFollow) ? FollowJobLogs(*api, request, gone, printer, stop)
                                        : ReadJobLogs(*api, request, gone, printer, stop);
  if (!whole && whole.error().code == Code::kStopped) return ExitCode::kStopped;
  if (!whole) return std::unexpected(whole.error());
  return *whole && kept ? ExitCode::kCompleted : ExitCode::kFailedFiles;
}

}  // namespace

Result<WallTime> SinceOf(const std::string& text, WallTime now) {
  if (const auto time = ParseRfc3339(text)) return time->time;
  int amount = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), amount);
  const std::string_view unit(end, text.data() + text.size());
  if (failed == std::errc{} && amount >= 0) {
    if (unit == "s") return now - std::chrono::seconds(amount);
    if (unit == "m") return now - std::chrono::minutes(amount);
    if (unit == "h") return now - std::chrono::hours(amount);
  }
  return Expected(kSince.name, text, "90s, 10m, 2h, or a time such as 2026-05-01T10:00:00Z");
}

Result<LogsRequest> LogsRequestOf(const Given& given, WallTime now) {
  LogsRequest request{.job_id = given.arguments.front()};
  if (!given.Text(kWorker).empty()) {
    TRY(const auto worker, CountOf(kWorker.name, given.Text(kWorker), 0, INT_MAX, 0));
    request.worker = static_cast<int>(worker);
  }
  if (!given.Text(kSince).empty()) {
    TRY(request.since, SinceOf(given.Text(kSince), now));
  }
  if (!given.Text(kTail).empty()) {
    TRY(const auto tail, CountOf(kTail.name, given.Text(kTail), 0, INT_MAX, 0));
    request.tail = static_cast<int>(tail);
  }
  return request;
}

constinit const Command kLogsCommand = {
    "logs",
    "JOB",
    "show what a job's workers on Kubernetes wrote",
    "Of all its pods, oldest first, each line with its worker in front; of pods that are gone what "
    "was\nkept of them. With --follow it goes on over a pod's end and its successor, until the job "
    "has ended.\n"
    "\n"
    "Exit codes: 0 all is shown, 2 some pod, or what was kept of others, could not be read, 4 "
    "--follow\nwas interrupted.",
    kOptions,
    kExamples,
    ShowLogs};

}  // namespace reprocess
