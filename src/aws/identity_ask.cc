#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "aws/identity_source.h"
#include "aws/service_error.h"
#include "base/trimmed.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

constexpr int kTries = 4;
constexpr Milliseconds kTryTimeout{5'000};
constexpr std::uint64_t kMaxAnswer = 1 << 20;

// STS says of a few refusals that asking again may help.
bool MayPass(int status, std::string_view code) {
  return status >= 500 || status == 429 || code == "Throttling" ||
         code == "IDPCommunicationError" || code == "ThrottlingException" ||
         code == "TooManyRequestsException";
}

// JSON's services put code and message into "code" or "__type", "message" or "Message".
ServiceError ServiceErrorOf(const HttpResponse& answer) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!json.is_object()) return ParseServiceError(answer.body);
  ServiceError error;
  const auto text = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      if (json.contains(name) && json[name].is_string()) return json[name].get<std::string>();
    }
    return std::string();
  };
  error.code = text({"code", "Code", "__type"});
  error.message = text({"message", "Message"});
  return error;
}

}  // namespace

Error IdentityError(std::string what, Remedy remedy, std::string hint) {
  return {.remedy = remedy,
          .what = "get credentials: " + std::move(what),
          .hint = std::move(hint),
          .code = Code::kNotAuthorized};
}

Result<HttpResponse> Ask(const IdentityContext& context, std::string_view what, HttpRequest request,
                         const std::stop_token& stop) {
  request.timeout = kTryTimeout;
  request.connect_timeout = std::min(request.connect_timeout, kTryTimeout);
  request.max_body_bytes = kMaxAnswer;
  request.follow_redirects = false;
  Backoff backoff(Milliseconds(100), Milliseconds(2'000));
  for (int left = kTries;;) {
    std::string why;
    bool may_pass = true;
    const Result<HttpResponse> answer = Send(request, stop);
    if (answer && answer->status == 200) return answer;
    if (answer) {
      const ServiceError error = ServiceErrorOf(*answer);
      why = StatusText(answer->status, error);
      may_pass = MayPass(answer->status, error.code);
    } else {
      if (answer.error().code == Code::kStopped) return answer;
      why = answer.error().ToString();
      may_pass = answer.error().remedy == Remedy::kRetry;
    }
    if (!may_pass) return std::unexpected(IdentityError(fmt::format("{}: {}", what, why)));
    if (--left == 0) {
      return std::unexpected(
          IdentityError(fmt::format("{}: {} ({} tries)", what, why, kTries), Remedy::kRetry));
    }
    if (!context.clock.SleepFor(backoff.Next(), stop)) {
      return Stopped("get credentials");
    }
  }
}

Result<S3Credentials> CredentialsOfJson(std::string_view text, std::string_view token_name,
                                        std::string_view what) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto member = [&](std::string_view name) -> std::string {
    const auto found = json.is_object() ? json.find(name) : json.end();
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  S3Credentials credentials{
      member("AccessKeyId"), member("SecretAccessKey"), member(token_name), {}};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return std::unexpected(IdentityError(
        fmt::format("{}: the answer holds no AccessKeyId and SecretAccessKey", what)));
  }
  if (const std::string expires = member("Expiration"); !expires.empty()) {
    credentials.expires = ParseRfc3339(expires);
    if (!credentials.expires) {
      return std::unexpected(
          IdentityError(fmt::format("{}: Expiration \"{}\" is no time", what, expires)));
    }
  }
  return credentials;
}

Result<std::string> ReadToken(const std::string& path, std::string_view what) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::unexpected(
        IdentityError(fmt::format("{}: cannot read the token file {}", what, path)));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string_view token = Trimmed(text);
  if (token.empty()) {
    return std::unexpected(
        IdentityError(fmt::format("{}: the token file {} is empty", what, path)));
  }
  return std::string(token);
}

std::string SessionName(std::string given) {
  return given.empty() ? std::string("reprocess") : std::move(given);
}

}  // namespace reprocess
