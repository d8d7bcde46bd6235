#include "net/http.h"

#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::Not;

// Answers one request a connection with what `answer` makes of the request's head; an empty answer
// holds the connection open and silent until the peer closes it.
class Server {
 public:
  using Answer = std::function<std::string(const std::string& head)>;

  explicit Server(Answer answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~Server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int port() const { return port_; }

 private:
  void Serve() {
    for (int peer = 0; (peer = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(peer)) {
      std::string head;
      char piece[1024];
      while (head.find("\r\n\r\n") == std::string::npos) {
        const auto size = ::recv(peer, piece, sizeof piece, 0);
        if (size <= 0) break;
        head.append(piece, static_cast<std::size_t>(size));
      }
      const std::string text = answer_(head);
      (void)::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
      if (text.empty()) (void)::recv(peer, piece, sizeof piece, 0);
    }
  }

  Answer answer_;
  int listener_ = -1, port_ = 0;
  std::thread thread_;
};

std::string Ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

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
