#include "net/http.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/tls_server_for_tests.h"

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
  const auto around = Send({.url = server.url(), .proxy = ""}, {});
  ::unsetenv("http_proxy");
  ::setenv("no_proxy", "*", 1);
  EXPECT_FALSE(through);
  ASSERT_TRUE(around) << around.error().ToString();
  EXPECT_EQ(around->body, "here");
}

TEST_F(HttpGet, SendsEachMethodWithItsBody) {
  const Server server([](const std::string& request) { return Ok(request); });
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto answer = Send({.url = server.url("/jobs"),
                              .headers = {{"Content-Type", "application/json"}},
                              .method = method,
                              .body = R"({"a":1})"},
                             {});
    ASSERT_TRUE(answer) << answer.error().ToString();
    EXPECT_THAT(answer->body, testing::StartsWith(method + " /jobs HTTP/1.1\r\n"));
    EXPECT_THAT(answer->body, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(answer->body, testing::EndsWith("\r\n\r\n{\"a\":1}"));
  }
}

TEST_F(HttpGet, KeepsEveryHeaderOfOneName) {
  const Server server([](const std::string&) {
    return Answered("429 Too Many Requests", "",
                    "Warning: 299 - \"a\"\r\nRetry-After: 7\r\nWarning: 299 - \"b\"\r\n");
  });
  const auto answer = Send({.url = server.url()}, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(HeaderOf(answer->headers, "retry-after"), "7");
  EXPECT_EQ(std::ranges::count(answer->headers, "warning", &HttpHeader::name), 2);
}

TEST_F(HttpGet, GoesThroughTheRequestsOwnProxy) {
  const Server proxy([](const std::string& request) { return Ok(request); });
  const auto answer = Send({.url = "http://inside.test/a", .proxy = proxy.url()}, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_THAT(answer->body, testing::StartsWith("GET http://inside.test/a HTTP/1.1\r\n"));
}

class HttpStreaming : public testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("no_proxy", "*", 1); }
  Result<HttpResponse> Take(const Server& server, Milliseconds limit = Milliseconds(20'000)) {
    const auto receive = [this](std::string_view bytes) {
      taken_ += bytes;
      return taken_.find(enough_) == std::string::npos;
    };
    return SendStreaming({.url = server.url()},
                         {.first_byte = limit, .silence = limit, .receive = receive}, SystemClock(),
                         {});
  }

  const std::string head_ = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
  std::string taken_, enough_ = "never";
};

TEST_F(HttpStreaming, HandsTheBodyOnAndKeepsNoneOfIt) {
  const Server server([&](const std::string&) { return head_ + "one\ntwo\n"; });
  const auto answer = Take(server);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(taken_, "one\ntwo\n");
}

TEST_F(HttpStreaming, KeepsTheBodyOfARefusal) {
  const Server server([](const std::string&) { return Answered("410 Gone", "too old"); });
  const auto answer = Take(server);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->status, 410);
  EXPECT_EQ(answer->body, "too old");
  EXPECT_EQ(taken_, "");
}

TEST_F(HttpStreaming, EndsWithoutAnErrorWhereTheReceiverHasEnough) {
  const Server server([&](const std::string&) { return Reply::Held(head_ + "one\n"); });
  enough_ = "one";
  const auto answer = Take(server);
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->status, 200);
}

TEST_F(HttpStreaming, AServerThatFallsSilentEndsAtItsLimit) {
  const Server never([](const std::string&) { return std::string(); });
  const Server midway([&](const std::string&) { return Reply::Held(head_ + "one\n"); });
  const struct {
    const Server& server;
    std::string what, taken;
  } rows[] = {{never, "no answer for 40 ms", ""}, {midway, "not a byte for 40 ms", "one\n"}};
  for (const auto& [server, what, taken] : rows) {
    taken_.clear();
    const auto answer = Take(server, Milliseconds(40));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::kTimedOut);
    EXPECT_EQ(answer.error().remedy, Remedy::kRetry);
    EXPECT_THAT(answer.error().what, HasSubstr(what));
    EXPECT_EQ(taken_, taken);
  }
}

class HttpsFromMemory : public testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("no_proxy", "*", 1); }
  std::string UrlOf(const Server& server, const std::string& host = "127.0.0.1") {
    return "https://" + host + ":" + std::to_string(server.port()) + "/";
  }
  static Reply Hello(const std::string&) { return Ok("hello"); }

  const TestCertificate own_ = MakeCertificate("DNS:kubernetes,IP:127.0.0.1");
  const TestCertificate other_ = MakeCertificate("IP:127.0.0.1");
};

TEST_F(HttpsFromMemory, TrustsTheGivenAuthoritiesAlone) {
  const Server server(Hello, Tls(own_));
  const auto trusted = Send({.url = UrlOf(server), .tls = {.authorities = own_.certificate}}, {});
  ASSERT_TRUE(trusted) << trusted.error().ToString();
  EXPECT_EQ(trusted->body, "hello");
  for (const std::string& authorities :
       {std::string(), other_.certificate, std::string("no PEM")}) {
    const auto refused = Send({.url = UrlOf(server), .tls = {.authorities = authorities}}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().remedy, Remedy::kStop) << refused.error().what;
  }
  EXPECT_TRUE(Send({.url = UrlOf(server), .tls = {.insecure = true}}, {}));
}

TEST_F(HttpsFromMemory, ConnectsElsewhereThanTheNameThatTheCertificateHas) {
  const Server server(Hello, Tls(own_));
  HttpRequest request{.url = "https://kubernetes/",
                      .tls = {.authorities = own_.certificate},
                      .connect_to = "127.0.0.1:" + std::to_string(server.port())};
  const auto answer = Send(request, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  request.url = "https://elsewhere/";
  EXPECT_FALSE(Send(request, {}));
}

TEST_F(HttpsFromMemory, ShowsTheClientsCertificate) {
  const Server server(Hello, Tls(own_, other_.certificate));
  HttpTls tls{.authorities = own_.certificate};
  EXPECT_FALSE(Send({.url = UrlOf(server), .tls = tls}, {}));
  tls.certificate = other_.certificate;
  tls.key = other_.key;
  const auto answer = Send({.url = UrlOf(server), .tls = tls}, {});
  ASSERT_TRUE(answer) << answer.error().ToString();
  tls.key = own_.key;
  const auto mismatch = Send({.url = UrlOf(server), .tls = tls}, {});
  ASSERT_FALSE(mismatch);
  EXPECT_EQ(mismatch.error().remedy, Remedy::kStop) << mismatch.error().what;
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
