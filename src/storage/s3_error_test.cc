#include "storage/s3_error.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(S3Error, TakesCodeAndMessageOfS3AndOfSts) {
  const ServiceError s3 = ParseServiceError(
      "<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>The key &lt;a&gt;\n is "
      "gone.</Message><Region>eu-west-1</Region></Error>");
  EXPECT_EQ(StatusText(404, s3), "HTTP 404 NoSuchKey: The key <a>  is gone.");
  EXPECT_EQ(s3.region, "eu-west-1");
  const ServiceError sts = ParseServiceError(
      "<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Type>Sender</Type>"
      "<Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>");
  EXPECT_EQ(StatusText(403, sts), "HTTP 403 AccessDenied: no");
  for (const char* text : {"", "no XML", "<html><body>502</body></html>", "<Error><Code>"}) {
    EXPECT_EQ(StatusText(502, ParseServiceError(text)), "HTTP 502") << text;
  }
}

TEST(S3Error, OnlyWhatMayPassIsTriedAgain) {
  const struct {
    int status;
    const char* code;
    Remedy remedy;
    Code meaning;
  } rows[] = {
      {500, "InternalError", Remedy::kRetry, Code::kOther},
      {503, "SlowDown", Remedy::kRetry, Code::kOther},
      {429, "", Remedy::kRetry, Code::kOther},
      {400, "RequestTimeout", Remedy::kRetry, Code::kOther},
      {400, "InvalidRequest", Remedy::kCount, Code::kOther},
      {403, "AccessDenied", Remedy::kCount, Code::kNotAuthorized},
      {404, "NoSuchKey", Remedy::kCount, Code::kNotFound},
      {412, "PreconditionFailed", Remedy::kCount, Code::kChanged},
      {301, "PermanentRedirect", Remedy::kCount, Code::kOther},
  };
  for (const auto& row : rows) {
    const Error error = S3AnswerError("read", "s3://b/k", row.status, {row.code, {}, {}});
    EXPECT_EQ(error.remedy, row.remedy) << row.status << row.code;
    EXPECT_EQ(error.code, row.meaning) << row.status << row.code;
    EXPECT_EQ(error.scope, Scope::kFile);
    EXPECT_EQ(error.where, "s3://b/k");
  }
}

}  // namespace
}  // namespace reprocess
