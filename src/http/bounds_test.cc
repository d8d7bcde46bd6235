// What one client, or all of them, may have of the server.
#include <atomic>
#include <future>
#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include "http/peer_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using Answer = HttpServer::Answer;
using Request = HttpServer::Request;
using Takes = HttpServer::Takes;

constexpr Milliseconds kShort{30};

// Begins, says so, and answers when it is let go.
struct Held {
  std::latch begun{1}, go{1};
  HttpServer::Route Route(std::string path, std::string body) {
    return {"GET", std::move(path), Takes::kLong, [this, body](const Request&) -> Answer {
              begun.count_down();
              go.wait();
              return {.body = body};
            }};
  }
};

TEST(HttpBounds, WhoDoesNotAskInTimeIsClosed) {
  const auto server = Start({Page("/a", "first")}, {.to_ask = Milliseconds(50)});
  EXPECT_EQ(Peer(server->port()).ReadAll(), "");
  EXPECT_EQ(Peer(server->port()).Send("GET /a HTTP/1.1\r\nHo").ReadAll(), "");
}

TEST(HttpBounds, AtTheBoundTheOldestThatHasNotAskedMakesRoom) {
  const auto server = Start({Page("/a", "first")}, {.connections = 2});
  const std::string whole = GetOf("/a");
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

TEST(HttpBounds, WithoutADescriptorTheOldestThatHasNotAskedMakesRoom) {
  const auto server = Start({Page("/a", "first")});
  Peer oldest(server->port());
  oldest.Send(GetOf("/a")).Read("first");
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  rlimit less = before;
  less.rlim_cur = static_cast<rlim_t>(next) + 1;  // for the client alone
  ::setrlimit(RLIMIT_NOFILE, &less);
  Peer asks(server->port());
  const std::string answer = asks.Send(GetOf("/a")).Read("first");
  const std::string last = oldest.ReadAll();
  // Before anything is judged: UBSan looks at an object's memory through a pipe.
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_EQ(last, "");
}

TEST(HttpBounds, WhoTakesLongHoldsUpNobodyElseAndTheEndWaitsForTheHandlerAlone) {
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

TEST(HttpBounds, AsManyHandlersRunAtOnceAsThereAreThreads) {
  std::latch both(2);
  const auto server = Start({{"GET", "/{x}", Takes::kLong,
                              [&](const Request&) -> Answer {
                                both.arrive_and_wait();
                                return {.body = "met"};
                              }}},
                            {.handlers = 2});
  Peer one(server->port()), two(server->port());
  one.Send(GetOf("/1"));
  two.Send(GetOf("/2"));
  EXPECT_THAT(one.Read("met"), HasSubstr("200 OK"));
  EXPECT_THAT(two.Read("met"), HasSubstr("200 OK"));
}

TEST(HttpBounds, WhoWouldWaitBehindTooManyIsToldToComeAgain) {
  Held held;
  const auto server = Start({held.Route("/held", "done")}, {.handlers = 1, .waiting = 1});
  Peer running(server->port()), one(server->port()), two(server->port());
  running.Send(GetOf("/held"));
  held.begun.wait();
  one.Send(GetOf("/held"));
  two.Send(GetOf("/held"));
  pollfd answered[] = {{one.socket(), POLLIN, 0}, {two.socket(), POLLIN, 0}};
  ASSERT_EQ(::poll(answered, 2, 60'000), 1);
  const bool first = answered[0].revents != 0;
  Peer& refused = first ? one : two;
  Peer& waits = first ? two : one;
  EXPECT_THAT(refused.Read("answered\n"),
              testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\r\nRetry-After: 1\r\n")));
  held.go.count_down();
  EXPECT_THAT(running.Read("done"), HasSubstr("200 OK"));
  EXPECT_THAT(waits.Read("done"), HasSubstr("200 OK"));
}

TEST(HttpBounds, AHandlerThatTakesTooLongIsA503AndItsAnswerIsDropped) {
  std::promise<void> stopped;
  auto slow =
      HttpServer::Route{"GET", "/slow", Takes::kLong, [&](const Request& request) -> Answer {
                          const std::stop_callback told(request.stop, [&] { stopped.set_value(); });
                          stopped.get_future().wait();
                          return {.body = "too late"};
                        }};
  slow.within = kShort;
  const auto server = Start({std::move(slow), Page("/a", "first")});
  Peer peer(server->port());
  EXPECT_THAT(peer.Send(GetOf("/slow")).Read("long\n"),
              testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\r\nRetry-After: 1\r\n")));
  EXPECT_THAT(peer.Send(GetOf("/a")).Read("first"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpBounds, WhatStillWaitsForAThreadWhenItsTimeIsOverIsNotBegun) {
  Held held;
  std::atomic<int> begun = 0;
  auto hurried = HttpServer::Route{"GET", "/hurried", Takes::kLong, [&](const Request&) -> Answer {
                                     ++begun;
                                     return {.body = "hurried"};
                                   }};
  hurried.within = kShort;
  const auto server = Start({held.Route("/held", "done"), hurried});
  Peer running(server->port()), waiting(server->port());
  running.Send(GetOf("/held"));
  held.begun.wait();
  EXPECT_THAT(waiting.Send(GetOf("/hurried")).Read("long\n"), StartsWith("HTTP/1.1 503 "));
  held.go.count_down();
  running.Read("done");
  EXPECT_EQ(begun, 0);
}

TEST(HttpBounds, AHandlerLearnsThatItsClientHasLeft) {
  std::latch begun(2), stopped(2);
  const auto server =
      Start({{"GET", "/a", Takes::kLong,
              [&](const Request& request) -> Answer {
                std::promise<void> left;
                const std::stop_callback told(request.stop, [&] { left.set_value(); });
                begun.arrive_and_wait();
                left.get_future().wait();
                stopped.arrive_and_wait();
                return {.body = "heard"};
              }}},
            {.handlers = 2});
  auto leaves = std::make_unique<Peer>(server->port());
  leaves->Send(GetOf("/a") + "GET /what-is-behind-it");
  Peer listens(server->port());
  listens.Send(GetOf("/a"));
  begun.wait();
  leaves.reset();
  listens.EndSending();
  stopped.wait();
  EXPECT_THAT(listens.Read("heard"), HasSubstr("200 OK"));
}

TEST(HttpBounds, BodiesShareARoomAndTheOldestHalfOneLeavesIt) {
  const auto server = Start({{"POST", "/x", Takes::kNoTime,
                              [](const Request& request) -> Answer {
                                return {.body = "got " + std::to_string(request.body.size())};
                              }}},
                            {.body_bytes = 60, .bodies_bytes = 100});
  const auto post = [](int bytes) {
    return "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
           std::to_string(bytes) + "\r\n\r\n";
  };
  Peer oldest(server->port()), half(server->port()), whole(server->port());
  EXPECT_THAT(oldest.Send(post(50)).Read("\r\n\r\n"), HasSubstr("100 Continue"));
  EXPECT_THAT(half.Send(post(50)).Read("\r\n\r\n"), HasSubstr("100 Continue"));
  EXPECT_THAT(whole.Send(post(50)).Read("\r\n\r\n"), HasSubstr("100 Continue"));
  EXPECT_EQ(oldest.ReadAll(), "");
  EXPECT_THAT(whole.Send(std::string(50, 'x')).Read("50"), HasSubstr("got 50"));
  EXPECT_THAT(half.Send(std::string(50, 'x')).Read("50"), HasSubstr("got 50"));
}

TEST(HttpBounds, ABodyIsRefusedWhereOnlyWholeOnesAreInTheRoom) {
  Held held;
  auto route = held.Route("/x", "done");
  route.method = "POST";
  const auto server = Start({std::move(route)}, {.bodies_bytes = 5});
  const std::string post = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
  Peer running(server->port()), beyond(server->port());
  running.Send(post);
  held.begun.wait();
  EXPECT_THAT(beyond.Send(post).ReadAll(), StartsWith("HTTP/1.1 503 "));
  held.go.count_down();
  EXPECT_THAT(running.Read("done"), HasSubstr("200 OK"));
}

}  // namespace
}  // namespace reprocess
