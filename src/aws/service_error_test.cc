#include "aws/service_error.h"

#include <gtest/gtest.h>

namespace reprocess {
namespace {

TEST(ServiceError, TakesCodeAndMessageOfS3AndOfSts) {
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

}  // namespace
}  // namespace reprocess
