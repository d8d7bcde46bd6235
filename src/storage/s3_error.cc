#include "storage/s3_error.h"

#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace reprocess {
namespace {

constexpr std::size_t kMaxMessage = 300;

// A message is shown on one line.
std::string Shown(std::string_view text) {
  std::string shown(text.substr(0, kMaxMessage));
  std::ranges::replace_if(shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  while (shown.ends_with(' ')) shown.pop_back();
  return shown;
}

std::string_view HintOf(int status, std::string_view code) {
  if (code == "InvalidObjectState") {
    return "the object is archived: restore it (aws s3api restore-object), wait, and start again";
  }
  if (code == "RequestTimeTooSkewed") return "set this machine's clock";
  if (code == "SignatureDoesNotMatch") return "the secret access key is wrong";
  if (code == "InvalidAccessKeyId") return "the access key is unknown to this service";
  if (code == "ExpiredToken") return "the session token has expired: give new credentials";
  if (status == 403) return "grant s3:GetObject (s3:GetObjectVersion) and s3:ListBucket";
  return {};
}

}  // namespace

ServiceError ParseServiceError(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  pugi::xml_node error = document.child("Error");
  if (!error) error = document.child("ErrorResponse").child("Error");
  return {Shown(error.child_value("Code")), Shown(error.child_value("Message")),
          Shown(error.child_value("Region"))};
}

std::string StatusText(int status, const ServiceError& error) {
  std::string text = fmt::format("HTTP {}", status);
  if (!error.code.empty()) text += " " + error.code;
  if (!error.message.empty()) text += ": " + error.message;
  return text;
}

bool MayPassLater(int status, std::string_view code) {
  return status >= 500 || status == 408 || status == 429 || code == "SlowDown" ||
         code == "RequestTimeout";
}

Error S3AnswerError(std::string_view action, std::string_view where, int status,
                    const ServiceError& error) {
  Error result{Scope::kFile, MayPassLater(status, error.code) ? Remedy::kRetry : Remedy::kCount,
               fmt::format("{}: {}", action, StatusText(status, error)), std::string(where),
               std::string(HintOf(status, error.code))};
  if (status == 404) result.code = Code::kNotFound;
  if (status == 401 || status == 403) result.code = Code::kNotAuthorized;
  if (status == 412) {
    result.code = Code::kChanged;
    result.what = fmt::format("{}: the object was replaced while it was being read", action);
    result.hint = "start a new job for the object as it is now";
  }
  return result;
}

}  // namespace reprocess
