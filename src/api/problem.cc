#include "api/problem.h"

#include <algorithm>
#include <utility>

#include "views/admin.h"
#include "views/service.h"

namespace reprocess {

Problem ProblemOf(const Error& error) {
  constexpr std::pair<std::string_view, int> kStatuses[] = {
      {"invalid", 400},  {"forbidden", 403}, {"not_found", 404}, {"conflict", 409},
      {"replayed", 409}, {"changed", 409},   {"away", 503},      {"failed", 500}};
  const std::string_view code = CodeOf(error);
  if (code == "invalid" && error.code == Code::kTooLarge) return {413, code};
  return {std::ranges::find(kStatuses, code, &std::pair<std::string_view, int>::first)->second,
          code};
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
