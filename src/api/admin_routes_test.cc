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

TEST_F(AdminRoutesTest, WhatCannotBeStartedIsGivenUp) {
  launcher_.start = std::unexpected(Error{.remedy = Remedy::kWait, .what = "reach the cluster"});
  const auto answer = Post();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"error":"reach the cluster"})");
  EXPECT_THAT(launcher_.cancelled, SizeIs(1));
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
  ASSERT_THAT(launcher_.cancelled, SizeIs(1));
  ASSERT_TRUE(database_->NewSubmissions()->Cancel(launcher_.cancelled.front()));
  launcher_.start = {};
  EXPECT_EQ(Ask("POST", "/api/v1/jobs/job/retry", "{}").status, 201);
}

TEST_F(AdminRoutesTest, WhetherItIsReadyIsFoundOutOnceASecond) {
  EXPECT_EQ(Ask("GET", "/readyz", "", {}, "").status, 200);
  EXPECT_EQ(Ask("GET", "/readyz", "", {}, "").body, R"({"status":"ready"})");
}

}  // namespace
}  // namespace reprocess
