// What is done with jobs. Each may be asked for again.
#include <fmt/format.h>

#include "api/body.h"
#include "api/made_job.h"
#include "api/problem.h"
#include "api/routes.h"
#include "jobs/controls.h"
#include "jobs/retry_job.h"
#include "net/uri_encoding.h"
#include "views/service.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr const char* kJob = "/api/v1/jobs/{id}";
constexpr Milliseconds kToRetry{120'000};

// What is done to the job, between what it was doing before and after.
using Do = Result<void> (*)(ApiContext& api, const Call& call);

Result<HttpAnswer> Done(ApiContext& api, Call& call, Do act) {
  call.act.job = call.part();
  TRY(Body body, Body::Of(call.request));
  call.act.reason = ReasonOf(body);
  TRY_OK(body.Checked());
  TRY_OK(JobAnswer(api, call.part(), 200, &call.act.before));
  TRY_OK(call.Begins());
  TRY_OK(act(api, call));
  return JobAnswer(api, call.part(), 200, &call.act.after);
}

Result<void> PauseJob(ApiContext& api, const Call& call) {
  TRY_OK(ChangeControls({call.part(), {.paused = true}}, *api.queries.Take()));
  return {};
}

Result<void> SuspendJob(ApiContext& api, const Call& call) {
  return api.launcher.Suspend(call.part(), call.caller.who, call.request.stop);
}

Result<void> ResumeJob(ApiContext& api, const Call& call) {
  return api.launcher.Resume(call.part(), call.caller.who, call.act.reason, call.request.stop);
}

Result<void> CancelJob(ApiContext& api, const Call& call) {
  return api.launcher.Cancel(call.part(), call.request.stop);
}

Result<RetryJobRequest> RetryAsked(ApiContext& api, Call& call, bool& again) {
  TRY(Body body, Body::Of(call.request));
  RetryJobRequest request;
  request.retry.job_id = call.part();
  request.retry.lines = body.Flag("lines").value_or(true);
  request.retry.files = body.Flag("files").value_or(true);
  request.again = again = body.Flag("again").value_or(false);
  request.job_id = body.Text("job");
  call.act.reason = ReasonOf(body, "why");
  const std::string reason = body.Text("reason");
  request.retry.reason = ReasonOf(reason);
  const bool known = request.retry.reason && !IsSkip(*request.retry.reason);
  if (!reason.empty() && !known) body.Refuse("reason", "a reason that lines are not sent for");
  if (!request.retry.lines && !request.retry.files)
    body.Refuse("lines", "lines, or files, or both");
  TRY_OK(body.Checked());
  request.kafka = api.settings.work.kafka;
  request.settings = api.settings.work.settings;
  request.repository = api.settings.work.repository;
  request.call = call.key;
  return request;
}

Result<HttpAnswer> RetryJob(ApiContext& api, Call& call) {
  call.act.job = call.part();
  bool again = false;
  TRY(const RetryJobRequest request, RetryAsked(api, call, again));
  TRY_OK(call.Begins());
  TRY(std::optional<PlannedJob> job,
      PlanOnce(api, call, [&] { return RetryPlanned(request, api.world, call.request.stop); }));
  const std::string id = job ? job->plan.job_id : call.made;
  call.act.after = "as " + id;
  if (job) {
    TRY_OK(StartMade(api, call,
                     {.job = *std::move(job),
                      .who = call.caller.who,
                      .reason = call.act.reason,
                      .again = again}));
  }
  TRY(HttpAnswer answer, JobAnswer(api, id, 201));
  answer.headers.emplace_back("Location", "/api/v1/jobs/" + UriEncoded(id, Slash::kEncoded));
  return answer;
}

Result<HttpAnswer> BeginVerify(ApiContext& api, Call& call) {
  call.act.job = call.part();
  TRY(Body body, Body::Of(call.request));
  TRY_OK(body.Checked());
  TRY_OK(call.Begins());
  TRY_OK(api.verifications.Start(call.part()));
  TRY(const VerificationState state, api.verifications.StateOf(call.part()));
  return JsonAnswer(202, VerificationJson(call.part(), state));
}

Result<HttpAnswer> ShowVerify(ApiContext& api, Call& call) {
  TRY_OK(api.queries.Take()->Job(call.part()));
  TRY(const VerificationState state, api.verifications.StateOf(call.part()));
  return JsonAnswer(200, VerificationJson(call.part(), state));
}

// "1,000", or a share, or "0" for none: as config.json has it.
std::optional<std::optional<MaxErrors>> MostErrorsOf(Body& body) {
  const auto value = body.Any("max_errors");
  if (value.is_null()) return std::nullopt;
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  const auto most = ParseMaxErrors(text);
  if (!most) body.Refuse("max_errors", "expected a number of lines, or a share such as \"5%\"");
  return most;
}

Result<HttpAnswer> ChangeLimits(ApiContext& api, Call& call) {
  call.act.job = call.part();
  TRY(Body body, Body::Of(call.request));
  ControlsRequest request{call.part(), {}};
  ControlsChange& change = request.change;
  const auto limit = [&](const char* key, auto& into) {
    if (const auto value = body.Whole(key)) into = *value;
  };
  limit("max_messages_per_second", change.max_messages_per_second);
  limit("max_bytes_per_second", change.max_bytes_per_second);
  limit("max_consumer_lag", change.max_consumer_lag);
  if (!body.Any("lag_groups").is_null()) change.lag_groups = body.Texts("lag_groups");
  change.max_errors = MostErrorsOf(body);
  call.act.reason = ReasonOf(body);
  TRY_OK(body.Checked());
  TRY_OK(call.Begins());
  TRY(const JobThrottle throttle, ChangeControls(request, *api.queries.Take()));
  call.act.after = "limits " + call.request.body.substr(0, kLongestReason);
  return JsonAnswer(200, ThrottleJson(call.part(), throttle));
}

Result<HttpAnswer> ChangeWidth(ApiContext& api, Call& call) {
  call.act.job = call.part();
  TRY(Body body, Body::Of(call.request));
  const auto pods = body.Whole("pods", kMostShards).value_or(0);
  if (pods == 0) body.Refuse("pods", fmt::format("expected 1 to {}", kMostShards));
  call.act.reason = ReasonOf(body);
  TRY_OK(body.Checked());
  TRY_OK(call.Begins());
  TRY_OK(api.launcher.Scale(call.part(), static_cast<int>(pods), call.request.stop));
  call.act.after = fmt::format("{} at once", pods);
  return JsonAnswer(200, ScaleJson(call.part(), static_cast<int>(pods)));
}

Result<HttpAnswer> ReleaseOne(ApiContext& api, Call& call) {
  call.act.job = call.part();
  TRY(Body body, Body::Of(call.request));
  const auto given = body.Whole("worker", kMostShards - 1);
  if (!given) body.Refuse("worker", fmt::format("expected 0 to {}", kMostShards - 1));
  call.act.reason = ReasonOf(body);
  TRY_OK(body.Checked());
  TRY_OK(call.Begins());
  const int worker = static_cast<int>(*given);
  TRY(const ReleasedPod released, api.launcher.Release(call.part(), worker, call.request.stop));
  call.act.after = fmt::format("worker {}: {} on {}", worker, released.pod, released.node);
  return JsonAnswer(200, ReleasedJson(call.part(), worker, released.pod, released.node));
}

}  // namespace

ApiRoutes ActRoutes(ApiContext& api) {
  const auto below = [](std::string_view name) { return fmt::format("{}/{}", kJob, name); };
  ApiRoutes routes;
  const std::pair<const char*, Do> acts[] = {
      {"pause", PauseJob}, {"suspend", SuspendJob}, {"resume", ResumeJob}, {"cancel", CancelJob}};
  for (const auto& [name, act] : acts) {
    routes.push_back({"POST", below(name), Needs::kOperate, name,
                      [&api, act](Call& call) { return Done(api, call, act); }});
  }
  const auto to = [&api](auto* handler) {
    return [&api, handler](Call& call) { return handler(api, call); };
  };
  routes.push_back({"POST", below("retry"), Needs::kOperate, "retry", to(RetryJob), kToRetry});
  routes.push_back({"POST", below("verify"), Needs::kOperate, "verify", to(BeginVerify)});
  routes.push_back({"GET", below("verify"), Needs::kView, {}, to(ShowVerify)});
  routes.push_back({"PUT", below("limits"), Needs::kOperate, "limits", to(ChangeLimits)});
  routes.push_back({"PUT", below("parallelism"), Needs::kOperate, "scale", to(ChangeWidth)});
  routes.push_back({"POST", below("release"), Needs::kOperate, "release", to(ReleaseOne)});
  return routes;
}

}  // namespace reprocess
