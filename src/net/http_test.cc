#include "net/http.h"

#include <cstdlib>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

class HttpGet : public testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("no_proxy", "*", 1); }
};

TEST_F(HttpGet, SendsTheHeadersAndReturnsStatusAndBody) {
  std::string seen;
  std::mutex mutex;
  const Server server([&](const std::string& head) {
    const std::scoped_lock lock(mutex);
    seen = head;
    return "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 4\r\n\r\ngone";
  });
  const auto answer =
      Get({.url = server.url("/streams?x=1"), .headers = {{"Authorization", "Bearer secret"}}}, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "gone");
  const std::scoped_lock lock(mutex);
  EXPECT_THAT(seen, HasSubstr("GET /streams?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Authorization: Bearer secret\r\n"));
}

TEST_F(HttpGet, FollowsARedirectButNotOutOfHttp) {
  const Server target([](const std::string&) { return Ok("here"); });
  const auto moved_to = [](const std::string& where) {
    return [where](const std::string&) {
      return "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + where +
             "\r\n\r\n";
    };
  };
  const Server moved(moved_to(target.url()));
  const auto answer = Get({.url = moved.url()}, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->body, "here");

  const Server to_file(moved_to("file:///etc/hostname"));
  const auto refused = Get({.url = to_file.url()}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().remedy, Remedy::kStop);
}

TEST_F(HttpGet, RefusesABodyOverTheBoundAndTakesOneThatFillsIt) {
  const Server server([](const std::string&) { return Ok(std::string(1000, 'x')); });
  const auto full = Get({.url = server.url(), .max_body_bytes = 1000}, {});
  ASSERT_TRUE(full) << full.error().ToString();
  EXPECT_EQ(full->body.size(), 1000u);
  const auto over = Get({.url = server.url(), .max_body_bytes = 999}, {});
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().remedy, Remedy::kStop);
  EXPECT_THAT(over.error().what, HasSubstr("larger than 999 bytes"));
}

TEST_F(HttpGet, ACutBodyIsAnErrorThatMayPassLater) {
  const Server server([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\nshort";
  });
  const auto answer = Get({.url = server.url()}, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().remedy, Remedy::kRetry);
}

TEST_F(HttpGet, ASilentServerRunsIntoTheDeadline) {
  const Server server([](const std::string&) { return std::string(); });
  const auto answer = Get({.url = server.url(), .timeout = Milliseconds(30)}, {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kTimedOut);
  EXPECT_EQ(answer.error().remedy, Remedy::kRetry);
}

TEST_F(HttpGet, AStopEndsASilentTransfer) {
  std::stop_source stop;
  const Server server([&](const std::string&) {
    stop.request_stop();
    return std::string();
  });
  const auto answer = Get({.url = server.url(), .timeout = Milliseconds(60'000)}, stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kStopped);
}

TEST_F(HttpGet, ErrorsShowNoSecretOfTheUrl) {
  int port = 0;
  {
    port = Server([](const std::string&) { return Ok(""); }).port();
  }
  const auto answer = Get(
      {.url = "http://user:hunter2@127.0.0.1:" + std::to_string(port) + "/streams?token=hunter3"},
      {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().remedy, Remedy::kRetry);
  EXPECT_THAT(answer.error().ToString(), HasSubstr("/streams"));
  EXPECT_THAT(answer.error().ToString(), Not(HasSubstr("hunter")));
}

TEST_F(HttpGet, SendsABodyWithItsMethodAndReturnsTheAnswersHeaders) {
  std::string seen;
  std::mutex mutex;
  const Server server([&](const std::string& head) {
    const std::scoped_lock lock(mutex);
    seen = head;
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nX-Two-Words:  v 1 \r\n"
           "Content-Length: 0\r\n\r\n";
  });
  const auto answer = Send({.url = server.url("/a/../b"),
                            .headers = {{"X-Empty", ""}},
                            .method = "PUT",
                            .body = "abc",
                            .literal_path = true},
                           {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(HeaderOf(answer->headers, "x-two-words"), "v 1");
  EXPECT_EQ(HeaderOf(answer->headers, "absent"), "");
  const std::scoped_lock lock(mutex);
  EXPECT_THAT(seen, HasSubstr("PUT /a/../b HTTP/1.1\r\n"));
  EXPECT_THAT(seen, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(seen, HasSubstr("X-Empty:\r\n"));
}

TEST_F(HttpGet, ARedirectThatIsNotFollowedIsTheAnswer) {
  const Server moved([](const std::string&) {
    return "HTTP/1.1 301 Moved\r\nConnection: close\r\nContent-Length: 0\r\n"
           "Location: http://127.0.0.1:1/\r\n\r\n";
  });
  const auto answer = Send({.url = moved.url(), .follow_redirects = false}, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->status, 301);
}

TEST_F(HttpGet, RefusesWhatItWouldNotSend) {
  for (const std::string url : {"ftp://host/x", "file:///etc/passwd", "host/x", "", "http://"}) {
    SCOPED_TRACE(url);
    const auto answer = Get({.url = url}, {});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().remedy, Remedy::kStop);
  }
  const auto answer =
      Get({.url = "http://127.0.0.1:1/", .headers = {{"Authorization", "Bearer abc\n"}}}, {});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().ToString(), HasSubstr("header Authorization"));
  EXPECT_THAT(answer.error().ToString(), Not(HasSubstr("abc")));
}

TEST(Http, GoesAroundTheProxyWhereToldTo) {
  const Server server([](const std::string&) { return Ok("here"); });
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("no_proxy", "", 1);
  const auto through = Send({.url = server.url()}, {});
  const auto around = Send({.url = server.url(), .use_proxy = false}, {});
  ::unsetenv("http_proxy");
  ::setenv("no_proxy", "*", 1);
  EXPECT_FALSE(through);
  ASSERT_TRUE(around) << around.error().ToString();
  EXPECT_EQ(around->body, "here");
}

TEST(UrlForMessages, DropsUserPasswordAndQuery) {
  const struct {
    std::string url, shown;
  } rows[] = {
      {"http://host/a", "http://host/a"},
      {"https://u:p@host:8443/a?token=t", "https://host:8443/a?…"},
      {"postgresql://u:p/w@host/db?sslmode=require", "postgresql://host/db?…"},
      {"postgresql://u:p?w@x@host/db", "postgresql://host/db"},
      {"host/a#t", "host/a?…"},
      {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(UrlForMessages(row.url), row.shown) << row.url;
}

}  // namespace
}  // namespace reprocess
