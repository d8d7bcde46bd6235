#include <gmock/gmock.h>

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

}  // namespace
}  // namespace reprocess
