// Events and logs, as they come or as they are.
#include <climits>

#include "api/collected_lines.h"
#include "api/paging.h"
#include "api/problem.h"
#include "api/routes.h"
#include "model/time_text.h"
#include "views/service.h"

namespace reprocess {
namespace {

constexpr std::string_view kRetry = "retry: 2000\n\n";

HttpAnswer StreamAnswer(std::function<void(Events::Outlet)> follow) {
  return {.type = "text/event-stream",
          .body = std::string(kRetry),
          .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},
          .follow = std::move(follow),
          .farewell = std::string(kRetry)};
}

Result<HttpAnswer> FollowEvents(ApiContext& api, Call& call) {
  const Query query(call.request.query);
  const std::string *job = query.Find("job"), *last = call.request.Find("last-event-id");
  if (job != nullptr) TRY_OK(api.queries.Take()->Job(*job));
  Events::Listener listener{job == nullptr ? "" : *job, call.caller.session,
                            last == nullptr ? "" : *last};
  return StreamAnswer([&api, listener = std::move(listener)](Events::Outlet outlet) {
    api.events.Add(listener, std::move(outlet));
  });
}

// RFC 3339, or so many seconds ago.
Result<std::optional<WallTime>> SinceOf(ApiContext& api, const Query& query) {
  const std::string* text = query.Find("since");
  if (text == nullptr || text->empty()) return std::nullopt;
  if (const auto time = ParseRfc3339(*text)) return time->time;
  TRY(const auto seconds, WholeOf(query, "since", INT_MAX));
  return api.world.clock.Wall() - std::chrono::seconds(seconds.value_or(0));
}

Result<LogsRequest> LogsAsked(ApiContext& api, const Call& call, const Query& query) {
  constexpr int kUsualTail = 200;
  LogsRequest request{.job_id = call.part()};
  TRY(const auto worker, WholeOf(query, "worker", INT_MAX));
  if (worker) request.worker = static_cast<int>(*worker);
  TRY(request.since, SinceOf(api, query));
  TRY(const auto tail, WholeOf(query, "tail", CollectedLines::kMostTail));
  request.tail = static_cast<int>(tail.value_or(kUsualTail));
  return request;
}

Result<HttpAnswer> ReadLogs(ApiContext& api, const Call& call, const LogsRequest& request) {
  CollectedLines collected;
  const auto read = api.launcher.ReadLogs(request, collected, false, call.request.stop);
  if (!read && read.error().code != Code::kNotFound) return std::unexpected(read.error());
  std::vector<std::string> notes = collected.notes();
  if (!read) notes.push_back(read.error().what);
  return JsonAnswer(200, LogsJson(collected.lines(), notes));
}

Result<HttpAnswer> ShowLogs(ApiContext& api, Call& call) {
  const Query query(call.request.query);
  TRY(const LogsRequest request, LogsAsked(api, call, query));
  TRY_OK(api.queries.Take()->Job(call.part()));
  const std::string* follow = query.Find("follow");
  if (follow == nullptr || *follow == "0") return ReadLogs(api, call, request);
  TRY_OK(api.logs.HasRoom());
  return StreamAnswer([&api, request, session = call.caller.session,
                       stop = call.request.stop](Events::Outlet outlet) {
    api.logs.Add(request, session, stop, std::move(outlet));
  });
}

}  // namespace

ApiRoutes StreamRoutes(ApiContext& api) {
  return {{"GET",
           "/api/v1/events",
           Needs::kView,
           {},
           [&api](Call& call) { return FollowEvents(api, call); }},
          {"GET", "/api/v1/jobs/{id}/logs", Needs::kView, {}, [&api](Call& call) {
             return ShowLogs(api, call);
           }}};
}

}  // namespace reprocess
