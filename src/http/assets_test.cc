#include "http/assets.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "http/cookies.h"

namespace reprocess {
namespace {

using Headers = std::vector<HttpServer::Header>;

const Asset kAsset{"text/css", "body {}", "zipped", ETagOf("body {}")};

std::string HeaderOf(const HttpServer::Answer& answer, std::string_view name) {
  const auto found = std::ranges::find(answer.headers, name, &HttpServer::Header::first);
  return found != answer.headers.end() ? found->second : "";
}

HttpServer::Answer Asked(Headers headers) {
  HttpServer::Request request;
  request.headers = std::move(headers);
  return AnswerWith(kAsset, request);
}

TEST(Assets, AreSentZippedToWhoTakesThat) {
  for (const auto* takes : {"gzip", "br, gzip", "gzip;q=0.5", "deflate , gzip ; q=1.0"}) {
    SCOPED_TRACE(takes);
    const auto answer = Asked({{"accept-encoding", takes}});
    EXPECT_EQ(answer.fixed, "zipped");
    EXPECT_EQ(answer.type, "text/css");
    EXPECT_EQ(HeaderOf(answer, "Content-Encoding"), "gzip");
    EXPECT_EQ(HeaderOf(answer, "Vary"), "Accept-Encoding");
  }
  for (const auto* takes : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip"}) {
    SCOPED_TRACE(takes);
    const auto answer = Asked({{"accept-encoding", takes}});
    EXPECT_EQ(answer.fixed, "body {}");
    EXPECT_EQ(HeaderOf(answer, "Content-Encoding"), "");
  }
  EXPECT_EQ(Asked({}).fixed, "body {}");
}

TEST(Assets, AreNotSentAgainToWhoHasThem) {
  const std::string tag = HeaderOf(Asked({}), "ETag");
  EXPECT_EQ(tag, ETagOf("body {}"));
  EXPECT_NE(tag, ETagOf("body { }"));
  for (const std::string& has : {tag, "\"x\", " + tag, "W/" + tag, std::string("*")}) {
    SCOPED_TRACE(has);
    const auto answer = Asked({{"if-none-match", has}});
    EXPECT_EQ(answer.status, 304);
    EXPECT_EQ(answer.fixed, "");
    EXPECT_EQ(HeaderOf(answer, "ETag"), tag);
  }
  EXPECT_EQ(Asked({{"if-none-match", "\"x\""}}).status, 200);
  const Headers zipped{{"accept-encoding", "gzip"}, {"if-none-match", tag}};
  EXPECT_EQ(Asked(zipped).status, 200) << "what it has is not what it would get";
}

TEST(Cookies, TheFirstOfANameCounts) {
  HttpServer::Request request;
  EXPECT_FALSE(CookieOf(request, "a"));
  request.headers = {{"cookie", "x=1; a=b=c;a=2 ;ab=3; d"}};
  EXPECT_EQ(CookieOf(request, "a"), "b=c");
  EXPECT_EQ(CookieOf(request, "ab"), "3");
  EXPECT_FALSE(CookieOf(request, "d"));
  EXPECT_FALSE(CookieOf(request, "b"));
}

}  // namespace
}  // namespace reprocess
