// Answers that do not end, and how all of it ends.
#include <future>
#include <latch>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/peer_for_tests.h"

namespace reprocess {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Answer = HttpServer::Answer;
using Request = HttpServer::Request;
using Takes = HttpServer::Takes;
using Outlet = std::shared_ptr<HttpServer::Outlet>;

constexpr Milliseconds kLong{60'000};

std::shared_ptr<const std::string> Bytes(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// A route that begins with "hello", and hands out each stream's outlet and stop.
class Streams {
 public:
  struct Opened {
    Outlet outlet;
    std::stop_token stop;
  };

  HttpServer::Route Route() {
    return {"GET", "/events", Takes::kNoTime, [this](const Request& request) -> Answer {
              return {
                  .type = "text/event-stream",
                  .body = "hello",
                  .follow = [this, stop = request.stop](
                                Outlet outlet) { opened_.set_value({std::move(outlet), stop}); },
                  .farewell = "retry: 1\n\n"};
            }};
  }
  Opened Next() {
    auto opened = opened_.get_future().get();
    opened_ = {};
    return opened;
  }

 private:
  std::promise<Opened> opened_;
};

void AwaitStop(const std::stop_token& stop) {
  std::promise<void> stopped;
  const std::stop_callback told(stop, [&] { stopped.set_value(); });
  stopped.get_future().wait();
}

TEST(HttpStream, GoesOnInChunksUntilItIsEnded) {
  Streams streams;
  const auto server = Start({streams.Route()});
  Peer peer(server->port());
  const std::string head = peer.Send(GetOf("/events")).Read("5\r\nhello\r\n");
  EXPECT_THAT(head, testing::AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                                   HasSubstr("\r\nTransfer-Encoding: chunked\r\n"),
                                   HasSubstr("\r\nConnection: close\r\n"),
                                   testing::Not(HasSubstr("Content-Length"))));
  const auto [outlet, stop] = streams.Next();
  EXPECT_TRUE(outlet->Write(Bytes(std::string(26, 'x'))));
  EXPECT_EQ(peer.Read("x\r\n"), "1a\r\n" + std::string(26, 'x') + "\r\n");
  outlet->Write(Bytes("last"));
  outlet->End();
  EXPECT_FALSE(outlet->Write(Bytes("after it")));
  EXPECT_THAT(peer.ReadAll(), EndsWith("last\r\n0\r\n\r\n"));
  AwaitStop(stop);
}

TEST(HttpStream, IsPlainForAnOldClientAndAHeadAlone) {
  Streams streams;
  const auto server = Start({streams.Route()});
  Peer old(server->port());
  EXPECT_THAT(old.Send("GET /events HTTP/1.0\r\n\r\n").Read("\r\n\r\nhello"),
              testing::Not(HasSubstr("Transfer-Encoding")));
  const auto [outlet, stop] = streams.Next();
  outlet->Write(Bytes("more"));
  outlet->End();
  EXPECT_EQ(old.ReadAll(), "more");
  const std::string head =
      Peer(server->port()).Send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n").ReadAll();
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST(HttpStream, EndsWhereTheClientLeaves) {
  Streams streams;
  const auto server = Start({streams.Route()});
  auto peer = std::make_unique<Peer>(server->port());
  peer->Send(GetOf("/events")).Read("hello\r\n");
  const auto [outlet, stop] = streams.Next();
  EXPECT_FALSE(stop.stop_requested());
  peer.reset();
  AwaitStop(stop);
  EXPECT_FALSE(outlet->Write(Bytes("to nobody")));
}

TEST(HttpStream, WhoDoesNotReadIsDroppedAndHoldsUpNobody) {
  Streams streams;
  const auto server = Start({streams.Route()}, {.stream_bytes = 100'000});
  Peer slow(server->port());
  slow.Send(GetOf("/events")).Read("hello\r\n");
  const auto [outlet, stop] = streams.Next();
  const auto piece = Bytes(std::string(50'000, 'x'));
  std::size_t written = 0;
  while (outlet->Write(piece)) written += piece->size();
  AwaitStop(stop);
  EXPECT_LT(slow.ReadAll().size(), written + 100'000);
  Peer other(server->port());
  EXPECT_THAT(other.Send(GetOf("/events")).Read("hello\r\n"), HasSubstr("200 OK"));
}

TEST(HttpStream, ThereAreAsManyAsMayBeBesidesConnections) {
  Streams streams;
  const auto server =
      Start({streams.Route(), Page("/a", "first")}, {.connections = 1, .streams = 2});
  Peer one(server->port());
  one.Send(GetOf("/events")).Read("hello\r\n");
  const auto first = streams.Next();
  Peer two(server->port());
  two.Send(GetOf("/events")).Read("hello\r\n");
  const auto second = streams.Next();
  Peer three(server->port());
  EXPECT_THAT(three.Send(GetOf("/events")).Read("open\n"),
              testing::AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("\r\nRetry-After: 1\r\n")));
  EXPECT_THAT(three.Send(GetOf("/a")).Read("first"), HasSubstr("200 OK"));
  first.outlet->End();
  one.ReadAll();
}

TEST(HttpStream, AnOutletMayOutliveItsServer) {
  Streams streams;
  auto server = Start({streams.Route()});
  Peer peer(server->port());
  peer.Send(GetOf("/events")).Read("hello\r\n");
  const auto [outlet, stop] = streams.Next();
  server.reset();
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_FALSE(outlet->Write(Bytes("to nobody")));
  outlet->End();
}

TEST(HttpDrain, FinishesWhatRunsSaysFarewellToStreamsAndClosesTheRest) {
  Streams streams;
  std::latch begun(1), go(1);
  const auto server = Start({streams.Route(),
                             Page("/a", "first"),
                             {"GET", "/slow", Takes::kLong, [&](const Request&) -> Answer {
                                begun.count_down();
                                go.wait();
                                return {.body = "at last"};
                              }}});
  Peer idle(server->port()), half(server->port()), slow(server->port()), stream(server->port());
  idle.Send(GetOf("/a")).Read("first");
  half.Send("GET /a");
  slow.Send(GetOf("/slow"));
  begun.wait();
  stream.Send(GetOf("/events")).Read("hello\r\n");
  const auto opened = streams.Next();
  auto drained = std::async([&] { server->Drain(kLong); });
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_EQ(half.ReadAll(), "");
  EXPECT_EQ(stream.ReadAll(), "a\r\nretry: 1\n\n\r\n0\r\n\r\n");
  EXPECT_FALSE(Peer(server->port()).connected());
  EXPECT_EQ(drained.wait_for(Milliseconds(0)), std::future_status::timeout);
  go.count_down();
  EXPECT_THAT(slow.ReadAll(),
              testing::AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith("at last")));
  drained.get();
}

TEST(HttpDrain, WaitsNoLongerThanItIsTold) {
  std::latch begun(1), go(1);
  const auto server = Start({{"GET", "/slow", Takes::kLong, [&](const Request&) -> Answer {
                                begun.count_down();
                                go.wait();
                                return {};
                              }}});
  Peer slow(server->port());
  slow.Send(GetOf("/slow"));
  begun.wait();
  server->Drain(Milliseconds(1));
  go.count_down();
}

TEST(HttpDrain, IsOverAtOnceWhereNobodyIsThere) {
  Start({Page("/a", "first")})->Drain(kLong);
}

}  // namespace
}  // namespace reprocess
