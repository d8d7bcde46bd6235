#include "http/server.h"

#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/peer_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

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
  const auto server = Start({{"POST", "/x/{id}/y", HttpServer::Takes::kLong,
                              [&](const HttpServer::Request& request) -> HttpServer::Answer {
                                seen = request;
                                return {.status = 202, .body = "taken"};
                              }}});
  Peer peer(server->port());
  peer.Send(
      "POST //x/a%2Fb%20c/y/?a=%20 HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two:  2 \r\n"
      "REMOTE_ADDR: 9.9.9.9\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(peer.Read("taken"), StartsWith("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "//x/a%2Fb%20c/y/");
  EXPECT_EQ(seen.parts, std::vector<std::string>{"a/b c"});
  EXPECT_EQ(seen.query, "a=%20");
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(seen.address, "127.0.0.1");
  EXPECT_EQ(*seen.Find("x-two"), "1");
  EXPECT_EQ(seen.Find("x-three"), nullptr);
  EXPECT_EQ(seen.headers[2], HttpServer::Header("x-two", "2"));
  peer.Send(
      "POST /x/1/y HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  peer.Read("taken");
  EXPECT_EQ(seen.body, "abc");
}

TEST(HttpServer, ABodyThatWaitsToBeAskedForIsAskedFor) {
  const auto server = Start({{"POST", "/x", HttpServer::Takes::kNoTime,
                              [](const HttpServer::Request& request) -> HttpServer::Answer {
                                return {.body = request.body};
                              }}});
  Peer peer(server->port());
  peer.Send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(peer.Read("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(peer.Send("hello").Read("hello"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST(HttpServer, WhatHasNoRouteIsAnsweredByTheOneForThat) {
  HttpServer::Options options{.routes = {Page("/a", "first")}};
  options.otherwise = [](const HttpServer::Request& request) -> HttpServer::Answer {
    return {.status = 203, .body = request.method + request.path + request.allowed};
  };
  const auto server = Start(std::move(options));
  Peer peer(server->port());
  EXPECT_THAT(peer.Send(GetOf("/b")).Read("GET/b"), StartsWith("HTTP/1.1 203 "));
  EXPECT_THAT(peer.Send("OPTIONS /a HTTP/1.1\r\nHost: x\r\n\r\n").Read("OPTIONS/aGET, HEAD"),
              StartsWith("HTTP/1.1 203 "));
}

TEST(HttpServer, WithoutThatOneAMethodThatAPathHasNotIsToldThoseThatItHas) {
  const auto server = Start({Page("/a", "first")});
  EXPECT_THAT(Peer(server->port()).Send("POST /a HTTP/1.1\r\nHost: x\r\n\r\n").ReadAll(),
              testing::AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
}

TEST(HttpServer, HeadersForAllAreOnRefusalsTooAndAnAnswersOwnReplaceThem) {
  HttpServer::Options options{.routes = {{"GET", "/a", HttpServer::Takes::kNoTime,
                                          [](const HttpServer::Request&) -> HttpServer::Answer {
                                            return {.body = "first",
                                                    .headers = {{"x-all", "mine"},
                                                                {"Cache-Control", "no-cache"},
                                                                {"Set-Cookie", "a=1"},
                                                                {"Set-Cookie", "b=2"}}};
                                          }}}};
  options.headers = {{"X-All", "1"}};
  options.refusal = [](int status, std::string_view what) -> HttpServer::Answer {
    return {.status = status, .type = "application/json", .body = "{" + std::string(what) + "}"};
  };
  const auto server = Start(std::move(options));
  const std::string answer = Peer(server->port()).Send(GetOf("/a")).Read("first");
  EXPECT_THAT(answer, HasSubstr("x-all: mine\r\nCache-Control: no-cache\r\nSet-Cookie: "
                                "a=1\r\nSet-Cookie: b=2\r\n\r\nfirst"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("X-All: 1")));
  EXPECT_THAT(Peer(server->port()).Send(GetOf("/..")).ReadAll(),
              testing::AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("X-All: 1\r\n"),
                             HasSubstr("application/json"), HasSubstr("{expected a path")));
}

TEST(HttpServer, AHeaderThatWouldEndTheHeadIsNeverSent) {
  const auto server = Start({{"GET", "/{id}", HttpServer::Takes::kNoTime,
                              [](const HttpServer::Request& request) -> HttpServer::Answer {
                                return {.headers = {{"Location", "/" + request.parts[0]}}};
                              }}});
  EXPECT_THAT(Peer(server->port()).Send(GetOf("/a%0d%0aX-Mine:%201")).Read("wrong\n"),
              testing::AllOf(StartsWith("HTTP/1.1 500 "), testing::Not(HasSubstr("X-Mine"))));
}

TEST(HttpServer, AnswersWithoutABodySayNothingOfOne) {
  const auto server = Start({{"GET", "/{status}", HttpServer::Takes::kNoTime,
                              [](const HttpServer::Request& request) -> HttpServer::Answer {
                                return {.status = std::stoi(request.parts[0])};
                              }}});
  Peer peer(server->port());
  EXPECT_EQ(peer.Send(GetOf("/204")).Read("\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n");
  EXPECT_THAT(peer.Send(GetOf("/304")).Read("\r\n\r\n"), StartsWith("HTTP/1.1 304 "));
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
