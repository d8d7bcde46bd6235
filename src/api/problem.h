// What went wrong, as an answer.
//
//   v1         {"error": what, "hint", "where", "code"}
//   admin      {"error": what}, as the admin service has it
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/server.h"

namespace reprocess {

// An error as HTTP says it.
struct Problem {
  int status = 500;
  std::string_view code;
};
Problem ProblemOf(const Error& error);

HttpServer::Answer JsonAnswer(int status, std::string body);

enum class Speech : std::uint8_t { kV1, kAdmin };
// That of the path.
Speech SpeechOf(std::string_view path);

HttpServer::Answer ProblemAnswer(const Error& error, Speech speech);
HttpServer::Answer ProblemAnswer(const Error& error, const Problem& problem, Speech speech);

}  // namespace reprocess
