// How jobs stand: the documents of the commands, in pages where they may be long.
#include <climits>

#include <fmt/format.h>

#include "api/paging.h"
#include "api/problem.h"
#include "api/routes.h"
#include "base/sha256.h"
#include "config/value_text.h"
#include "jobs/ask.h"
#include "jobs/report.h"
#include "views/errors.h"
#include "views/report.h"
#include "views/service.h"
#include "views/status.h"

namespace reprocess {
namespace {

constexpr const char* kJobsPath = "/api/v1/jobs";

Result<JobView> ViewOf(ApiContext& api, const std::string& job_id) {
  return ViewJob(*api.queries.Take(), job_id, api.life(), api.world.clock.Wall());
}

std::string StateText(const JobView& view) {
  const std::string phase = PhaseOf(view);
  return fmt::format("{}{}{}", NameOf(view.standing.standing), phase.empty() ? "" : ": ", phase);
}

Result<HttpAnswer> ListPage(ApiContext& api, Call& call) {
  const Query query(call.request.query);
  TRY(const PageAsked page, PageOf(query));
  const std::string* status = query.Find("status");
  const auto queries = api.queries.Take();
  if (!page.after.empty()) TRY_OK(queries->Job(page.after));
  TRY(const auto jobs,
      ListJobs(
          *queries,
          {.status = status == nullptr ? "" : *status, .after = page.after, .most = page.limit},
          api.life(), api.world.clock.Wall()));
  return JsonAnswer(200, JobsPageJson(jobs, NextOf(jobs, page.limit, IdOfJob)));
}

Result<HttpAnswer> ShowJob(ApiContext& api, Call& call) {
  return JobAnswer(api, call.part(), 200);
}

Result<HttpAnswer> ShowWorkers(ApiContext& api, Call& call) {
  TRY(const JobView view, ViewOf(api, call.part()));
  return JsonAnswer(200, WorkersJson(view));
}

Result<std::optional<FileState>> StateAsked(const Query& query) {
  const std::string* name = query.Find("state");
  if (name == nullptr || name->empty()) return std::nullopt;
  for (const FileState state : {FileState::kPlanned, FileState::kReading, FileState::kDone,
                                FileState::kFailed, FileState::kPartial, FileState::kNotRead}) {
    if (NameOf(state) == *name) return state;
  }
  return Invalid("read state: expected planned, reading, done, failed, partial or not_read");
}

Result<HttpAnswer> ListFiles(ApiContext& api, Call& call) {
  const Query query(call.request.query);
  TRY(const PageAsked page, PageOf(query));
  TRY(const auto after, WholeOf(query, "after", INT_MAX - 1));
  FilePick pick{.from = static_cast<int>(after ? *after + 1 : 0), .most = page.limit};
  TRY(pick.state, StateAsked(query));
  const auto queries = api.queries.Take();
  TRY_OK(queries->Job(call.part()));
  TRY(const auto files, queries->Files(call.part(), pick));
  const auto position = [](const FileRow& file) { return std::to_string(file.list_position); };
  return JsonAnswer(200, FilesJson(files, NextOf(files, page.limit, position)));
}

Result<std::optional<Reason>> ReasonAsked(const Query& query) {
  const std::string* name = query.Find("reason");
  if (name == nullptr || name->empty()) return std::nullopt;
  const auto reason = ReasonOf(*name);
  if (reason && !IsSkip(*reason)) return reason;
  return Invalid("read reason: it is no reason that lines are not sent for", *name);
}

// "12-3456": a list position and a byte; with a "u" in front, where a file stopped.
std::string AfterText(const StoredError& error) {
  return fmt::format("{}{}-{}", error.row.reason == Reason::kUnreadable ? "u" : "",
                     error.row.list_position, error.row.first_byte);
}

Result<std::optional<ErrorPlace>> PlaceOf(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text.starts_with('u')) text.remove_prefix(1);
  const auto dash = text.find('-');
  const auto position = ParseWhole(text.substr(0, dash));
  const auto byte =
      dash == std::string_view::npos ? std::nullopt : ParseWhole(text.substr(dash + 1));
  if (!position || !byte || *position > INT_MAX) {
    return Invalid("read after: it is no `next` of a page");
  }
  return ErrorPlace{static_cast<int>(*position), *byte};
}

Result<HttpAnswer> ListErrors(ApiContext& api, Call& call) {
  const Query query(call.request.query);
  TRY(const PageAsked page, PageOf(query));
  ErrorPick pick{.most = page.limit};
  TRY(pick.reason, ReasonAsked(query));
  TRY(pick.after, PlaceOf(page.after));
  TRY(const ErrorsView view, ViewErrors(*api.queries.Take(), call.part(), pick,
                                        /*lines_done=*/page.after.starts_with('u')));
  return JsonAnswer(200,
                    ErrorsPageJson(call.part(), view, NextOf(view.rows, page.limit, AfterText)));
}

Result<HttpAnswer> ListPods(ApiContext& api, Call& call) {
  TRY_OK(api.queries.Take()->Job(call.part()));
  TRY(const auto pods, api.launcher.Pods(call.part(), call.request.stop));
  return JsonAnswer(200, PodsJson(pods));
}

// A page of its own, which has its styles in itself and runs nothing.
HttpAnswer ReportPage(const CompletionReport& report, const std::string& hash) {
  return {.type = "text/html; charset=utf-8",
          .body = CompletionPage(report, hash),
          .headers = {{"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                       "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}}};
}

Result<HttpAnswer> ShowReport(ApiContext& api, Call& call) {
  TRY(const CompletionReport report,
      ReportOf(*api.queries.Take(), call.part(), api.life(), api.world.clock.Wall()));
  std::string document = CompletionJson(report, {});
  const std::string hash = Hex(Sha256(document));
  const Query query(call.request.query);
  const std::string* format = query.Find("format");
  const bool html = format != nullptr && *format == "html";
  HttpAnswer answer = html ? ReportPage(report, hash) : JsonAnswer(200, std::move(document));
  answer.headers.emplace_back("X-Document-SHA256", hash);
  return answer;
}

Result<std::optional<AuditCursor>> AuditAfter(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto dash = text.find('-');
  const auto ms = ParseWhole(text.substr(0, dash));
  if (dash == std::string_view::npos || !ms) {
    return Invalid("read after: it is no `next` of a page");
  }
  return AuditCursor{static_cast<std::int64_t>(*ms), std::string(text.substr(dash + 1))};
}

Result<HttpAnswer> ListAudit(ApiContext& api, const Call& call, const std::string& job_id) {
  TRY(const PageAsked page, PageOf(Query(call.request.query)));
  TRY(const auto before, AuditAfter(page.after));
  TRY(const auto rows, api.stores.Take()->Audit(job_id, before, page.limit));
  return JsonAnswer(200, AuditJson(rows, NextOf(rows, page.limit, IdOf)));
}

}  // namespace

Result<HttpAnswer> JobAnswer(ApiContext& api, const std::string& job_id, int status,
                             std::string* said) {
  TRY(const JobView view, ViewOf(api, job_id));
  if (said != nullptr) *said = StateText(view);
  return JsonAnswer(status, JobJson(view, {}));
}

ApiRoutes JobRoutes(ApiContext& api) {
  const auto to = [&api](std::string_view below, auto* handler) {
    return ApiRoute{
        "GET", kJobsPath + std::string(below), Needs::kView, {}, [&api, handler](Call& call) {
          return handler(api, call);
        }};
  };
  return {to("", ListPage),
          to("/{id}", ShowJob),
          to("/{id}/workers", ShowWorkers),
          to("/{id}/files", ListFiles),
          to("/{id}/errors", ListErrors),
          to("/{id}/pods", ListPods),
          to("/{id}/report", ShowReport),
          {"GET",
           "/api/v1/jobs/{id}/audit",
           Needs::kView,
           {},
           [&api](Call& call) { return ListAudit(api, call, call.part()); }},
          {"GET", "/api/v1/audit", Needs::kView, {}, [&api](Call& call) {
             return ListAudit(api, call, {});
           }}};
}

}  // namespace reprocess
