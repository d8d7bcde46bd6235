#include "storage/s3_error.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

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
    EXPECT_EQ(error.where, "s3://b/k");
  }
}

}  // namespace
}  // namespace reprocess
