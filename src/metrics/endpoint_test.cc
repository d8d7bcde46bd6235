#include "metrics/endpoint.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/push.h"
#include "net/http.h"
#include "net/server_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

constexpr Milliseconds kLong{60'000};

// A port that was free a moment ago.
int FreePort() {
  return Server([](const std::string&) { return Ok(""); }).port();
}

class EndpointTest : public testing::Test {
 protected:
  EndpointTest() {
    auto opened = OpenEndpoint("127.0.0.1", port_, metrics_);
    EXPECT_TRUE(opened) << opened.error().ToString();
    if (opened) endpoint_ = *std::move(opened);
  }
  HttpResponse Ask(const std::string& path) const {
    const auto answer = Get({.url = "http://127.0.0.1:" + std::to_string(port_) + path}, {});
    EXPECT_TRUE(answer) << answer.error().ToString();
    return answer.value_or(HttpResponse{});
  }

  Metrics metrics_{"j"};
  const int port_ = FreePort();
  std::unique_ptr<Endpoint> endpoint_;
};

TEST_F(EndpointTest, AnswersItsThreePathsAndNoOther) {
  metrics_.Shard(0);
  const HttpResponse answer = Ask("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, metrics_.Text());
  EXPECT_THAT(HeaderOf(answer.headers, "content-type"), HasSubstr("version=0.0.4"));
  EXPECT_EQ(Ask("/healthz").status, 200);
  EXPECT_EQ(Ask("/readyz").status, 503);
  metrics_.Shard(0).Claimed(1);
  EXPECT_EQ(Ask("/readyz").status, 200);
  EXPECT_EQ(Ask("/").status, 404);
}

TEST_F(EndpointTest, APortThatIsTakenIsAnErrorThatNamesIt) {
  const auto second = OpenEndpoint("127.0.0.1", port_, metrics_);
  ASSERT_FALSE(second) << "two workers would share the port silently";
  EXPECT_THAT(second.error().ToString(), HasSubstr("127.0.0.1:" + std::to_string(port_)));
  EXPECT_FALSE(OpenEndpoint("no such address", 1, metrics_));
}

TEST_F(EndpointTest, TheLastScrapeIsAwaitedFromThenOn) {
  Ask("/metrics");
  // A client has its answer a moment before the scrape counts; then it is one of before, for good.
  while (endpoint_->AwaitScrape(Milliseconds(1), {})) {
  }
  auto scraped = std::async([&] { return endpoint_->AwaitScrape(kLong, {}); });
  while (scraped.wait_for(Milliseconds(1)) != std::future_status::ready) Ask("/metrics");
  EXPECT_TRUE(scraped.get());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(endpoint_->AwaitScrape(kLong, stop.get_token()));
}

TEST(Push, ReplacesTheGroupOfTheJobAndShard) {
  EXPECT_EQ(PushUrl("http://gw:9091/", "a b/ž", 2),
            "http://gw:9091/metrics/job/reprocess/job_id/a%20b%2F%C5%BE/shard/2");
  EXPECT_EQ(PushUrl("http://gw/x", "j", {}), "http://gw/x/metrics/job/reprocess/job_id/j");

  std::string head;
  Server gateway([&](const std::string& request) {
    head = request;
    return Ok("");
  });
  const Metrics metrics("j");
  EXPECT_TRUE(Push(PushUrl(gateway.url(""), "j", 2), metrics, {}));
  EXPECT_THAT(head, testing::StartsWith("PUT /metrics/job/reprocess/job_id/j/shard/2 HTTP/1.1"));

  Server refusing([](const std::string&) {
    return std::string("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  const auto refused = Push(refusing.url(), metrics, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("HTTP 400"));
}

}  // namespace
}  // namespace reprocess
