#include "net/transfers.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

class Taker final : public TransferReceiver {
 public:
  bool Answered(int s, const std::vector<HttpHeader>& h) override {
    status = s;
    headers = h;
    return !refuse;
  }
  bool Received(std::span<const char> bytes) override {
    body.append(bytes.data(), bytes.size());
    return true;
  }
  void Ended(std::optional<Error> e) override {
    ++ended;
    error = std::move(e);
  }

  bool refuse = false;
  int status = 0, ended = 0;
  std::vector<HttpHeader> headers;
  std::string body;
  std::optional<Error> error;
};

class TransfersTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ::setenv("no_proxy", "*", 1); }

  void Start(const Server& server, Taker& taker) {
    ASSERT_TRUE(transfers_->Start({server.url("/a"), {{"Range", "bytes=0-9"}}}, taker));
  }
  void DriveUntilEnded(const Taker& taker) {
    while (taker.ended == 0) transfers_->Drive(Milliseconds(1'000));
  }

  std::unique_ptr<Transfers> transfers_ =
      *MakeTransfers({.stall_limit = Milliseconds(50)}, SystemClock());
};

TEST_F(TransfersTest, RunSideBySideAndEndOnceEach) {
  const Server one([](const std::string&) { return Ok("one"); });
  const Server two([](const std::string&) { return Ok("two"); });
  Taker first, second;
  Start(one, first);
  Start(two, second);
  DriveUntilEnded(first);
  DriveUntilEnded(second);
  transfers_->Drive({});
  EXPECT_EQ(first.body + second.body, "onetwo");
  EXPECT_EQ(first.ended + second.ended, 2);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(HeaderOf(first.headers, "content-length"), "3");
  EXPECT_FALSE(first.error || second.error);
}

TEST_F(TransfersTest, ASilentServerEndsAtTheStallLimit) {
  const Server server([](const std::string&) { return std::string(); });
  Taker taker;
  Start(server, taker);
  DriveUntilEnded(taker);
  ASSERT_TRUE(taker.error);
  EXPECT_EQ(taker.error->code, Code::kTimedOut);
  EXPECT_EQ(taker.error->remedy, Remedy::kRetry);
  EXPECT_THAT(taker.error->what, HasSubstr("not a byte for 50 ms"));
}

TEST_F(TransfersTest, ABodyShorterThanItsLengthIsAnErrorAfterItsBytes) {
  const Server server([](const std::string&) {
    return "HTTP/1.1 206 Partial\r\nConnection: close\r\nContent-Length: 10\r\n\r\nshort";
  });
  Taker taker;
  Start(server, taker);
  DriveUntilEnded(taker);
  EXPECT_EQ(taker.body, "short");
  ASSERT_TRUE(taker.error);
  EXPECT_EQ(taker.error->remedy, Remedy::kRetry);
}

TEST_F(TransfersTest, AReceiverThatRefusesIsStillToldTheEnd) {
  const Server server([](const std::string&) { return Ok("body"); });
  Taker taker;
  taker.refuse = true;
  Start(server, taker);
  DriveUntilEnded(taker);
  EXPECT_EQ(taker.body, "");
  EXPECT_TRUE(taker.error);
}

TEST_F(TransfersTest, WhatIsCancelledHearsNoMore) {
  const Server server([](const std::string&) { return Ok("body"); });
  Taker gone, stays;
  Start(server, gone);
  transfers_->Cancel(gone);
  Start(server, stays);
  DriveUntilEnded(stays);
  EXPECT_EQ(gone.ended, 0);
  EXPECT_EQ(stays.body, "body");
}

TEST_F(TransfersTest, AWakeUpEndsTheWait) {
  transfers_->Wake();
  const auto start = SystemClock().Now();
  transfers_->Drive(std::chrono::minutes(1));
  EXPECT_LT(SystemClock().Now() - start, std::chrono::seconds(30));
}

}  // namespace
}  // namespace reprocess
