#include <stdexcept>

#include <gmock/gmock.h>

#include "api/collected_lines.h"
#include "api/service_for_tests.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class AdminRoutesTest : public ServiceTest {
 protected:
  HttpServer::Answer Post() {
    return Ask("POST", "/api/admin/reprocessing/jobs", R"({"local_path":"/in","dry_run":true})");
  }
};

TEST_F(AdminRoutesTest, APostPlansAndStartsAtOnce) {
  const auto answer = Post();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("total_files":2)"));
  EXPECT_THAT(launcher_.started, SizeIs(1));
  EXPECT_THAT(launcher_.cancelled, IsEmpty());
}

TEST_F(AdminRoutesTest, OfWhatCannotBeStartedNothingStays) {
  launcher_.start = std::unexpected(Error{.remedy = Remedy::kWait, .what = "reach the cluster"});
  const auto answer = Post();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"error":"reach the cluster"})");
  EXPECT_THAT(*queries_->Jobs(), IsEmpty());
  EXPECT_THAT(launcher_.cancelled, IsEmpty());
}

TEST_F(AdminRoutesTest, WhatWasGivenToKubernetesBeforeItFailedIsCancelledAndSaysWhy) {
  const auto submissions = database_->NewSubmissions();
  launcher_.start = std::unexpected(Error{.remedy = Remedy::kWait, .what = "reach the cluster"});
  launcher_.give = [&](const std::string& job) {
    ASSERT_TRUE(submissions->Begin(
        {.job_id = job, .cluster = "c", .name_space = "n", .options = "{}"}, Take::kUnended));
  };
  EXPECT_EQ(Post().status, 503);
  ASSERT_THAT(launcher_.cancelled, SizeIs(1));
  EXPECT_EQ(queries_->Job(launcher_.cancelled.front())->error, "reach the cluster");
}

TEST_F(AdminRoutesTest, APostThatDiedWithItsJobMadeIsGoneOnWith) {
  const HttpServer::Header key{"idempotency-key", "k"};
  launcher_.give = [&](const std::string&) { throw std::runtime_error("the service dies here"); };
  const auto post = [&] {
    return Ask("POST", "/api/admin/reprocessing/jobs", R"({"local_path":"/in","dry_run":true})",
               {key});
  };
  EXPECT_THROW((void)post(), std::runtime_error);
  const auto made = *queries_->Jobs();
  ASSERT_THAT(made, SizeIs(1));
  launcher_.give = {};
  Start();
  EXPECT_THAT(post().body, HasSubstr(made.front().id));
  EXPECT_THAT(launcher_.started, testing::ElementsAre(made.front().id));
  EXPECT_THAT(post().body, HasSubstr(made.front().id)) << "as before";
  EXPECT_THAT(*queries_->Jobs(), SizeIs(1));
}

TEST_F(AdminRoutesTest, ANumberOfLinesBelowZeroIsRefusedForEachPod) {
  (void)Planned();
  launcher_.pods = {{.name = "b", .worker_index = 1}, {.name = "a", .worker_index = 0}};
  const std::string logs = "/api/admin/reprocessing/jobs/job/logs?tail=-1";
  const auto answer = Ask("GET", logs);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, testing::StartsWith(
                               R"({"job_id":"job","logs":[{"worker_index":0,"pod_name":"a",)"
                               R"("lines":[],"error":"failed to get logs: PodLogOptions \"a\" is )"
                               R"(invalid: tailLines: Invalid value: -1: )"));
  EXPECT_THAT(Ask("GET", logs + "&sort=true").body,
              HasSubstr(R"([{"timestamp":"","worker_index":0,"pod_name":"a","message":"ERROR: )"));
}

TEST_F(AdminRoutesTest, LogsThatAreLongerThanMayBeHeldAreTheirEnd) {
  CollectedLines collected;
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) collected.Line({.time = {}, .worker = i, .pod = "p", .text = text});
  EXPECT_LE(collected.lines().size() * text.size(), CollectedLines::kMostBytes);
  EXPECT_EQ(collected.lines().back().worker, 19);
  EXPECT_THAT(collected.notes(), SizeIs(1));
}

TEST_F(AdminRoutesTest, ARetryThatCannotBeStartedMayBeTriedAgain) {
  (void)Run(Request());
  launcher_.start = std::unexpected(Error{.remedy = Remedy::kWait, .what = "reach the cluster"});
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/job/retry", "{}").status, 503);
  EXPECT_THAT(*queries_->RetriesOf("job"), IsEmpty());
  launcher_.start = {};
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/job/retry", "{}").status, 201);
}

TEST_F(AdminRoutesTest, ARetryThatWasLeftBeforeItBeganMakesRoomForTheNext) {
  (void)Run(Request());
  launcher_.give = [&](const std::string&) { throw std::runtime_error("the service dies here"); };
  EXPECT_THROW((void)Ask("POST", "/api/v1/jobs/job/retry", "{}"), std::runtime_error);
  ASSERT_THAT(*queries_->RetriesOf("job"), SizeIs(1));
  launcher_.give = {};
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/job/retry", "{}").status, 201);
  EXPECT_EQ(*queries_->RetriesOf("job"), launcher_.started);
}

TEST_F(AdminRoutesTest, WhetherItIsReadyIsFoundOutOnceASecond) {
  EXPECT_EQ(Ask("GET", "/readyz", "", {}, "").status, 200);
  EXPECT_EQ(Ask("GET", "/readyz", "", {}, "").body, R"({"status":"ready"})");
}

}  // namespace
}  // namespace reprocess
