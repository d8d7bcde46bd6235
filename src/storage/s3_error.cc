#include "storage/s3_error.h"

#include <fmt/format.h>

namespace reprocess {
namespace {

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

Error S3AnswerError(std::string_view action, std::string_view where, int status,
                    const ServiceError& error) {
  Error result{.remedy = MayPassLater(status, error.code) ? Remedy::kRetry : Remedy::kCount,
               .what = fmt::format("{}: {}", action, StatusText(status, error)),
               .where = std::string(where),
               .hint = std::string(HintOf(status, error.code))};
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
