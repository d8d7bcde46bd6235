#include "api/problem.h"

#include "views/admin.h"
#include "views/service.h"

namespace reprocess {
namespace {

constexpr Problem kAway{503, "away"};

}  // namespace

Problem ProblemOf(const Error& error) {
  if (error.remedy == Remedy::kWait || error.remedy == Remedy::kRetry) return kAway;
  if (error.remedy == Remedy::kFenced) return {409, "conflict"};
  switch (error.code) {
    case Code::kInvalid:
    case Code::kUnsupported:
      return {400, "invalid"};
    case Code::kNotAuthorized:
      return {403, "forbidden"};
    case Code::kNotFound:
      return {404, "not_found"};
    case Code::kConflict:
      return {409, "conflict"};
    case Code::kReplayed:
      return {409, "replayed"};
    case Code::kChanged:
      return {409, "changed"};
    case Code::kTooLarge:
      return {413, "invalid"};
    case Code::kTimedOut:
    case Code::kStopped:
      return kAway;
    case Code::kOther:
      break;
  }
  return {500, "failed"};
}

HttpServer::Answer JsonAnswer(int status, std::string body) {
  return {.status = status,
          .type = "application/json; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

Speech SpeechOf(std::string_view path) {
  return path.starts_with("/api/admin") ? Speech::kAdmin : Speech::kV1;
}

HttpServer::Answer ProblemAnswer(const Error& error, Speech speech) {
  return ProblemAnswer(error, ProblemOf(error), speech);
}

HttpServer::Answer ProblemAnswer(const Error& error, const Problem& problem, Speech speech) {
  Error told = error;
  if (problem.status == 503 && told.hint.empty()) told.hint = "make the call again in a moment";
  HttpServer::Answer answer =
      JsonAnswer(problem.status, speech == Speech::kAdmin ? AdminErrorJson(told.what)
                                                          : ProblemJson(told, problem.code));
  if (problem.status == 503) answer.headers.emplace_back("Retry-After", "5");
  if (problem.status == 429) answer.headers.emplace_back("Retry-After", "60");
  return answer;
}

}  // namespace reprocess
