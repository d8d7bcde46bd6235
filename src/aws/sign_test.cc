#include "aws/sign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/time_text.h"

namespace reprocess {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

const S3Credentials kExample{
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {}, {}};
const WallTime kDay = *ParseRfc3339("2013-05-24T00:00:00Z");

std::string SignatureOf(UnsignedRequest request, const S3Credentials& credentials = kExample) {
  if (request.host.empty()) request.host = "examplebucket.s3.amazonaws.com";
  if (request.region.empty()) request.region = "us-east-1";
  return Sign(request, credentials, kDay).headers.back().value;
}

// The examples of AWS's documentation ("Signature Calculations for the Authorization Header").
TEST(S3Sign, GivesTheSignaturesOfTheDocumentation) {
  EXPECT_EQ(SignatureOf({.method = "GET",
                         .host = {},
                         .path = "/test.txt",
                         .headers = {{"Range", "bytes=0-9"}},
                         .region = {}}),
            "AWS4-HMAC-SHA256 "
            "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_THAT(SignatureOf({.method = "GET",
                           .host = {},
                           .path = "/",
                           .query = {{"prefix", "J"}, {"max-keys", "2"}},
                           .region = {}}),
              EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
  EXPECT_THAT(
      SignatureOf(
          {.method = "GET", .host = {}, .path = "/", .query = {{"lifecycle", ""}}, .region = {}}),
      EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(S3Sign, SortsQueryParametersByTheBytesOfTheirEncodedForm) {
  const UnsignedRequest request{.method = "GET",
                                .host = "h",
                                .path = "/b",
                                .query = {{"prefix", "a b/c+d"},
                                          {"list-type", "2"},
                                          {"continuation-token", "1/=="},
                                          {"Zed", "~"}},
                                .region = "r"};
  EXPECT_EQ(Sign(request, kExample, kDay).target,
            "/b?Zed=~&continuation-token=1%2F%3D%3D&list-type=2&prefix=a%20b%2Fc%2Bd");
}

TEST(S3Sign, SignsTheSessionTokenAndSendsIt) {
  S3Credentials temporary = kExample;
  temporary.session_token = "token";
  const auto request =
      Sign({.method = "GET", .host = "h", .path = "/", .region = "r"}, temporary, kDay);
  EXPECT_THAT(request.headers, testing::Contains(HttpHeader{"x-amz-security-token", "token"}));
  EXPECT_THAT(request.headers.back().value, HasSubstr(";x-amz-security-token, Signature="));
}

TEST(S3Sign, FoldsWhiteSpaceInHeaderValues) {
  const auto with = [](std::string value) {
    return SignatureOf({.method = "GET",
                        .host = {},
                        .path = "/",
                        .headers = {{"If-Match", std::move(value)}},
                        .region = {}});
  };
  EXPECT_EQ(with("  a   b "), with("a b"));
  EXPECT_NE(with("ab"), with("a b"));
}

}  // namespace
}  // namespace reprocess
