// Planning a job, and starting what was planned.
#include <fmt/format.h>

#include "api/body.h"
#include "api/plan_request.h"
#include "api/problem.h"
#include "api/routes.h"
#include "jobs/start_job.h"
#include "net/uri_encoding.h"
#include "views/service.h"

namespace reprocess {
namespace {

constexpr Milliseconds kToStart{120'000};

// One that could not be made is made again by the same call.
Result<bool> IsMadeAlready(ApiContext& api, const std::string& id) {
  if (id.empty()) return false;
  const auto state = api.planner.StateOf(id);
  if (state) return state->kind != PlanState::Kind::kRefused;
  if (state.error().code == Code::kNotFound) return false;
  return std::unexpected(state.error());
}

// A key is stored with the plan.
Result<HttpAnswer> BeginPlan(ApiContext& api, Call& call) {
  std::string id = call.act.job = call.made;
  TRY(const bool made, IsMadeAlready(api, id));
  if (!made) {
    TRY(AskedPlan asked, PlanRequestOf(api, call.request));
    if (!id.empty()) asked.job.plan.job_id = id;
    asked.job.call = call.key;
    id = call.act.job = asked.job.plan.job_id;
    TRY_OK(call.Begins());
    TRY_OK(api.planner.Begin(std::move(asked.job), std::move(asked.missing)));
  }
  call.made_later = true;
  HttpAnswer answer = JsonAnswer(202, PlanStateJson(id, {}));
  answer.headers.emplace_back("Location", "/api/v1/plans/" + UriEncoded(id, Slash::kEncoded));
  return answer;
}

Result<HttpAnswer> ShowPlan(ApiContext& api, Call& call) {
  TRY(const PlanState state, api.planner.StateOf(call.part()));
  return JsonAnswer(200, PlanStateJson(call.part(), state));
}

Result<void> CheckHash(const PlannedJob& job, const std::string& hash) {
  if (job.hash == hash) return {};
  return Fatal(fmt::format("start the job: its plan is {}, not {}", job.hash,
                           hash.empty() ? "one that is not named" : hash),
               job.plan.job_id, "look at the plan again, then name its plan_hash", Code::kConflict);
}

Result<HttpAnswer> StartPlanned(ApiContext& api, Call& call) {
  TRY(Body body, Body::Of(call.request));
  const std::string plan = call.act.job = body.Text("plan"), hash = body.Text("plan_hash");
  StartRequest start{.job = {}, .who = call.caller.who, .reason = ReasonOf(body)};
  call.act.reason = start.reason;
  start.again = body.Flag("again").value_or(false);
  start.parallelism = static_cast<int>(body.Whole("parallelism", kMostShards).value_or(0));
  if (plan.empty()) body.Refuse("plan", "the id of a plan");
  TRY_OK(body.Checked());
  TRY(start.job, StoredPlan(plan, *api.queries.Take()));
  TRY_OK(CheckHash(start.job, hash));
  TRY_OK(call.Begins());
  TRY_OK(StartJob(start, api.settings.work.settings, api.settings.work.kafka, api.launcher,
                  api.world, call.request.stop));
  TRY(HttpAnswer answer, JobAnswer(api, plan, 201, &call.act.after));
  answer.headers.emplace_back("Location", "/api/v1/jobs/" + UriEncoded(plan, Slash::kEncoded));
  return answer;
}

}  // namespace

ApiRoutes PlanRoutes(ApiContext& api) {
  return {
      {"POST", "/api/v1/plans", Needs::kOperate, "plan",
       [&api](Call& call) { return BeginPlan(api, call); }},
      {"GET",
       "/api/v1/plans/{id}",
       Needs::kView,
       {},
       [&api](Call& call) { return ShowPlan(api, call); }},
      {"POST", "/api/v1/jobs", Needs::kOperate, "start",
       [&api](Call& call) { return StartPlanned(api, call); }, kToStart},
  };
}

}  // namespace reprocess
