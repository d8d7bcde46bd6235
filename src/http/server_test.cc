#include "http/server.h"

#include <atomic>
#include <latch>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kEnd = "Host: x\r\n\r\n";

// A client that sends what it likes.
class Peer {
 public:
  explicit Peer(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{60, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Peer() { ::close(socket_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  Peer& Send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;  // it has been closed
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  // Until that has come, or the end.
  std::string Read(std::string_view last) {
    std::string all;
    while (!all.ends_with(last) && ReadMore(all)) {
    }
    return all;
  }
  std::string ReadAll() {
    std::string all;
    while (ReadMore(all)) {
    }
    return all;
  }

 private:
  bool ReadMore(std::string& all) {
    char piece[4096];
    const auto size = ::recv(socket_, piece, sizeof piece, 0);
    if (size > 0) all.append(piece, static_cast<std::size_t>(size));
    EXPECT_FALSE(size < 0 && errno == EAGAIN) << "nothing came for a minute";
    return size > 0;
  }
  const int socket_;
};

HttpServer::Route Page(std::string path, std::string body) {
  return {"GET", std::move(path), HttpServer::Takes::kNoTime,
          [body](const HttpServer::Request&) -> HttpServer::Answer { return {.body = body}; }};
}

std::unique_ptr<HttpServer> Start(std::vector<HttpServer::Route> routes,
                                  HttpServer::Limits limits = {}) {
  auto server = Serve("127.0.0.1", 0, {.routes = std::move(routes), .limits = limits});
  EXPECT_TRUE(server) << server.error().ToString();
  return *std::move(server);
}

TEST(HttpServer, AnswersOneAfterTheOtherOnAConnectionUntilAskedToCloseIt) {
  const auto server = Start({Page("/a", "first"), Page("/b c", "second")});
  Peer peer(server->port());
  EXPECT_THAT(peer.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").Read("first"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  peer.Send(
      "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b%20c?q HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\n\r\n");
  const std::string rest = peer.ReadAll();
  EXPECT_THAT(rest, testing::ContainsRegex("first(.|\n)*second$"));
}

TEST(HttpServer, GivesTheHandlerWhatWasAsked) {
  HttpServer::Request seen;
  const auto server = Start({{"POST", "/x", HttpServer::Takes::kLong,
                              [&](const HttpServer::Request& request) -> HttpServer::Answer {
                                seen = request;
                                return {.status = 202, .body = "taken"};
                              }}});
  Peer peer(server->port());
  peer.Send("POST /x?a=%20 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(peer.Read("taken"), StartsWith("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/x");
  EXPECT_EQ(seen.query, "a=%20");
  EXPECT_EQ(seen.body, "hello");
  peer.Send(
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  peer.Read("taken");
  EXPECT_EQ(seen.body, "abc");
}

TEST(HttpServer, AHeadIsAnsweredWithoutABody) {
  const auto server = Start({Page("/a", "first")});
  Peer peer(server->port());
  peer.Send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string answer = peer.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST(HttpServer, WhatIsWrongIsRefusedAndTheConnectionClosed) {
  const auto server = Start({Page("/a", "first")}, {.body_bytes = 8});
  const struct {
    std::string request;
    int status;
  } rows[] = {
      {"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
       400},
      {"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400},
      {"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET /../a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /x/%2e%2E/a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /x%2f..%2fa HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"BREW /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {"POST /a HTTP/1.1\r\nHost: x\r\n\r\n", 405},
      {"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 413},
      {"GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n", 413},
      {"GET /a HTTP/1.1\r\nHost: " + std::string(9'000, 'x'), 431},
      {"GET /" + std::string(9'000, 'x'), 431},
  };
  for (const auto& [request, status] : rows) {
    SCOPED_TRACE(request.substr(0, 120));
    EXPECT_THAT(Peer(server->port()).Send(request).ReadAll(),
                StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
  }
  EXPECT_THAT(Peer(server->port()).Send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n").Read("page\n"),
              StartsWith("HTTP/1.1 404 "));
}

TEST(HttpServer, WhoDoesNotAskInTimeIsClosed) {
  const auto server = Start({Page("/a", "first")}, {.to_ask = Milliseconds(50)});
  EXPECT_EQ(Peer(server->port()).ReadAll(), "");
  EXPECT_EQ(Peer(server->port()).Send("GET /a HTTP/1.1\r\nHo").ReadAll(), "");
}

TEST(HttpServer, AtTheBoundTheOldestThatHasNotAskedMakesRoom) {
  const auto server = Start({Page("/a", "first")}, {.connections = 2});
  const std::string whole = std::string("GET /a HTTP/1.1\r\n") + kEnd;
  Peer oldest(server->port());
  oldest.Send(whole).Read("first");  // waits again since now
  Peer half(server->port());
  half.Send("GET /a");
  oldest.Send(whole).Read("first");
  Peer third(server->port());
  EXPECT_THAT(third.Send(whole).Read("first"), HasSubstr("200 OK"));
  EXPECT_EQ(half.ReadAll(), "");
  EXPECT_THAT(oldest.Send(whole).Read("first"), HasSubstr("200 OK"));
}

TEST(HttpServer, WhoTakesLongHoldsUpNobodyElseAndTheEndWaitsForTheHandlerAlone) {
  std::latch begun(1), go(1);
  std::atomic<bool> done = false;
  auto server = Start({Page("/a", "first"),
                       {"GET", "/slow", HttpServer::Takes::kLong,
                        [&](const HttpServer::Request&) -> HttpServer::Answer {
                          begun.count_down();
                          go.wait();
                          done = true;
                          return {.body = "at last"};
                        }}});
  Peer slow(server->port());
  slow.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.wait();
  Peer half(server->port());
  half.Send("GET /a HTTP");
  Peer quick(server->port());
  EXPECT_THAT(quick.Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").Read("first"), HasSubstr("200 OK"));
  go.count_down();
  server.reset();
  EXPECT_TRUE(done);
  EXPECT_EQ(half.ReadAll(), "");
}

TEST(HttpServer, AHandlerThatThrowsIsA500AndTellsNothing) {
  const auto server = Start({{"GET", "/a", HttpServer::Takes::kNoTime,
                              [](const HttpServer::Request&) -> HttpServer::Answer {
                                throw std::runtime_error("secret");
                              }}});
  const std::string answer = Peer(server->port()).Send("GET /a HTTP/1.0\r\n\r\n").ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, testing::Not(HasSubstr("secret")));
}

TEST(HttpServer, TellsOfAnAnswerWhenItIsWritten) {
  std::latch written(1);
  auto page = Page("/a", "first");
  page.written = [&] { written.count_down(); };
  const auto server = Start({std::move(page)});
  Peer(server->port()).Send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").Read("first");
  written.wait();
}

}  // namespace
}  // namespace reprocess
