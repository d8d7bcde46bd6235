// The admin service's calls, answer for answer. What is otherwise: times are UTC, what cannot be asked for
// is 400, and a database that is away is 503 and no empty list.
#include <algorithm>
#include <charconv>
#include <climits>

#include <fmt/format.h>

#include "api/admin_request.h"
#include "api/collected_lines.h"
#include "api/made_job.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "cluster/job_logs.h"
#include "http/query.h"
#include "views/admin.h"

namespace reprocess {
namespace {

constexpr Milliseconds kPlanAndStart{120'000}, kToAskCluster{3'000};
constexpr const char* kAdminJobs = "/api/admin/reprocessing/jobs";

std::string PathOf(std::string_view rest) {
  return std::string(kAdminJobs) + std::string(rest);
}

Error Unknown(const std::string& job_id) {
  return {.what = "job not found: " + job_id, .where = {}, .hint = {}, .code = Code::kNotFound};
}

// In the admin service's words, where it is the job that there is not.
Error InItsWords(Error error, const std::string& job_id) {
  return error.code == Code::kNotFound ? Unknown(job_id) : error;
}

// Counts of pods are left out where the cluster does not tell.
std::optional<PodCounts> CountsOf(ApiContext& api, const std::string& job_id,
                                  const std::stop_token& stop) {
  auto counts = api.launcher.CountsOf(job_id, stop);
  return counts ? *std::move(counts) : std::nullopt;
}

Result<std::string> JobText(ApiContext& api, const std::string& job_id,
                            const std::optional<PodCounts>& counts) {
  const auto queries = api.queries.Take();
  auto job = queries->Job(job_id);
  if (!job) return std::unexpected(InItsWords(std::move(job).error(), job_id));
  TRY(const auto shards, queries->Shards(job_id));
  return AdminJobJson(*job, shards, counts);
}

Result<HttpAnswer> ListAll(ApiContext& api, Call&) {
  TRY(const auto jobs, api.queries.Take()->Jobs({}));
  return JsonAnswer(200, AdminJobsJson(jobs));
}

Result<HttpAnswer> ShowJob(ApiContext& api, Call& call) {
  TRY(std::string text, JobText(api, call.part(), CountsOf(api, call.part(), call.request.stop)));
  return JsonAnswer(200, std::move(text));
}

Result<HttpAnswer> ShowWorkers(ApiContext& api, Call& call) {
  const auto queries = api.queries.Take();
  const auto job = queries->Job(call.part());
  if (!job && job.error().code == Code::kNotFound) {
    return JsonAnswer(200, AdminWorkersJson(std::nullopt));
  }
  if (!job) return std::unexpected(job.error());
  TRY(auto shards, queries->Shards(call.part()));
  return JsonAnswer(200, AdminWorkersJson(std::move(shards)));
}

// What is over is refused in its words. What has failed may be given up all the same.
Result<void> CancelAsItDoes(ApiContext& api, const Call& call) {
  const std::string& id = call.part();
  auto job = api.queries.Take()->Job(id);
  if (!job) {
    Error error = InItsWords(std::move(job).error(), id);
    if (error.code == Code::kNotFound) error.code = Code::kInvalid;
    return std::unexpected(std::move(error));
  }
  if (job->status == "failed") return api.world.database.NewSubmissions()->CancelFailed(id);
  const bool over = job->status == "completed" || job->status == "cancelled";
  if (over) return Invalid(fmt::format("job {} is already finished", id));
  return api.launcher.Cancel(id, call.request.stop);
}

Result<HttpAnswer> CancelJob(ApiContext& api, Call& call) {
  call.act.job = call.part();
  TRY_OK(call.Begins());
  TRY_OK(CancelAsItDoes(api, call));
  call.act.after = "cancelled";
  TRY(std::string text, JobText(api, call.part(), std::nullopt));
  return JsonAnswer(200, std::move(text));
}

// A number by its beginning, as the admin service reads it.
Result<std::optional<int>> NumberOf(const Query& query, const char* name) {
  const std::string* text = query.Find(name);
  if (text == nullptr || text->empty()) return std::nullopt;
  int number = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec == std::errc()) return number;
  return Invalid(fmt::format("invalid {} parameter", name));
}

Result<LogsRequest> LogsAsked(ApiContext& api, const Call& call) {
  constexpr int kUsualTail = 50;
  const Query query(call.request.query);
  LogsRequest request{.job_id = call.part()};
  TRY(const auto tail, NumberOf(query, "tail"));
  TRY(const auto since, NumberOf(query, "since"));
  request.tail = std::min(tail.value_or(kUsualTail), CollectedLines::kMostTail);
  if (since) request.since = api.world.clock.Wall() - std::chrono::seconds(*since);
  return request;
}

// A number of lines that Kubernetes takes for none is refused pod by pod.
Result<HttpAnswer> RefusedLogs(ApiContext& api, const Call& call, int tail, bool sorted) {
  auto pods = api.launcher.Pods(call.part(), call.request.stop);
  if (!pods && pods.error().code != Code::kNotFound) return std::unexpected(pods.error());
  std::vector<AdminPodProblem> problems;
  for (const PodRow& pod : pods.value_or(std::vector<PodRow>{})) {
    problems.push_back(
        {pod.worker_index, pod.name,
         fmt::format("failed to get logs: PodLogOptions \"{}\" is invalid: tailLines: Invalid "
                     "value: {}: must be greater than or equal to 0",
                     pod.name, tail)});
  }
  return JsonAnswer(200, AdminNoLogsJson(call.part(), std::move(problems), sorted));
}

Result<HttpAnswer> ShowLogs(ApiContext& api, Call& call) {
  TRY(const LogsRequest request, LogsAsked(api, call));
  const Query query(call.request.query);
  const std::string* sort = query.Find("sort");
  const bool sorted = sort != nullptr && *sort == "true";
  if (*request.tail < 0) return RefusedLogs(api, call, *request.tail, sorted);
  CollectedLines collected;
  const auto read = api.launcher.ReadLogs(request, collected, false, call.request.stop);
  if (!read && read.error().code != Code::kNotFound) return std::unexpected(read.error());
  return JsonAnswer(200, sorted ? AdminSortedLogsJson(call.part(), collected.lines())
                                : AdminLogsJson(call.part(), collected.lines()));
}

// What is not there to be replayed is the caller's to correct.
Error AsInvalid(Error error) {
  if (error.code != Code::kNotFound) return error;
  if (error.what == "find files: none to replay") error.what = "no files found to process";
  error.code = Code::kInvalid;
  return error;
}

// Plans and starts at once. What cannot be started, or whose caller has left, does not lie there as a plan.
Result<HttpAnswer> StartAtOnce(ApiContext& api, Call& call) {
  TRY(PlanJobRequest request, AdminRequestOf(api, call.request));
  request.call = call.key;
  const std::string id = call.act.job = call.made.empty() ? request.plan.job_id : call.made;
  TRY_OK(call.Begins());
  TRY(std::optional<PlannedJob> job, PlanOnce(api, call, [&]() -> Result<PlannedJob> {
        auto planned = PlanJob(request, api.world, call.request.stop);
        if (!planned) return std::unexpected(AsInvalid(std::move(planned).error()));
        return planned;
      }));
  if (job) {
    TRY_OK(StartMade(api, call, {.job = *std::move(job), .who = call.caller.who, .reason = {}}));
  }
  call.act.after = "started";
  TRY(std::string text, JobText(api, id, std::nullopt));
  return JsonAnswer(200, std::move(text));
}

}  // namespace

ApiRoutes AdminRoutes(ApiContext& api) {
  const auto to = [&api](auto* handler) {
    return [&api, handler](Call& call) { return handler(api, call); };
  };
  return {
      {"POST", kAdminJobs, Needs::kOperate, "start",
       [&api](Call& call) {
         return api.running.Once(
             call.caller.who + "\n" + call.request.body, [&] { return StartAtOnce(api, call); },
             call.request.stop);
       },
       kPlanAndStart},
      {"GET", kAdminJobs, Needs::kView, {}, to(ListAll)},
      {"GET", PathOf("/{id}"), Needs::kView, {}, to(ShowJob), kToAskCluster * 10},
      {"GET", PathOf("/{id}/workers"), Needs::kView, {}, to(ShowWorkers)},
      {"POST", PathOf("/{id}/cancel"), Needs::kOperate, "cancel", to(CancelJob)},
      {"GET", PathOf("/{id}/logs"), Needs::kView, {}, to(ShowLogs)},
      {"GET",
       PathOf("/{id}/logs/view"),
       Needs::kView,
       {},
       [](Call& call) -> Result<HttpAnswer> { return PageAnswer(call.request); }},
  };
}

}  // namespace reprocess
