// A worker's pod on a node that does not answer, over a cluster in memory.
#include "cluster/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/cluster_for_tests.h"
#include "model/time_text.h"

namespace reprocess {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

class ReleasingAWorker : public testing::Test {
 protected:
  void PutPod(const std::string& name, int worker, const std::string& deleted_at) {
    Json metadata = {
        {"labels", {{"app", kAppLabel}, {"job-id", "7"}}},
        {"annotations", {{"batch.kubernetes.io/job-completion-index", std::to_string(worker)}}}};
    if (!deleted_at.empty()) metadata["deletionTimestamp"] = deleted_at;
    cluster_.Put("pods", name,
                 {{"metadata", std::move(metadata)},
                  {"spec", {{"nodeName", "n1"}}},
                  {"status",
                   {{"phase", "Running"},
                    {"conditions",
                     {{{"type", "Ready"}, {"status", "False"}},
                      {{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "Taint"}}}}}}});
  }
  std::string SecondsAgo(int seconds) const {
    return FormatRfc3339(now_ - std::chrono::seconds(seconds));
  }
  Result<ReleasedPod> Release(int worker) { return ReleaseWorker(api_, "7", worker, now_, {}); }
  SeenPod Pod(const std::string& name) { return PodOf(*GetObject(api_, kPods, name, {})); }

  const WallTime now_ = ParseRfc3339("2026-05-01T10:00:00Z")->time;
  FakeCluster cluster_;
  HastyClock clock_;
  KubeApi api_{cluster_.access(), WorldOf(clock_)};
};

TEST_F(ReleasingAWorker, SaysOfItsPodThatItFailedForWhatCountsForNothing) {
  PutPod("a", 0, SecondsAgo(61));
  PutPod("b", 1, SecondsAgo(61));
  const auto released = Release(1);
  ASSERT_TRUE(released) << released.error().ToString();
  EXPECT_EQ(released->pod, "b");
  EXPECT_EQ(released->node, "n1");
  EXPECT_TRUE(Pod("b").ended);
  EXPECT_THAT(Pod("b").reason, HasSubstr("DisruptionTarget: NodeLost"));
  EXPECT_EQ(Pod("b").exit_code, std::nullopt) << "nobody has seen it end";
  EXPECT_EQ(cluster_.Find("pods", "b")->at("status").at("conditions").size(), 2u);
  EXPECT_FALSE(Pod("a").ended);
}

TEST_F(ReleasingAWorker, IsRefusedWhereTheNodeMayBeAlive) {
  PutPod("runs", 0, "");
  PutPod("has its grace", 1, SecondsAgo(59));
  for (const int worker : {0, 1}) {
    const auto released = Release(worker);
    ASSERT_FALSE(released);
    EXPECT_EQ(released.error().code, Code::kConflict);
    EXPECT_THAT(released.error().what, HasSubstr("on n1, which answers"));
  }
  EXPECT_THAT(cluster_.writes(), IsEmpty());
}

TEST_F(ReleasingAWorker, IsRefusedWhereThereIsNoPodAndTheSecondTime) {
  EXPECT_EQ(Release(0).error().code, Code::kConflict);
  PutPod("a", 0, SecondsAgo(61));
  ASSERT_TRUE(Release(0));
  EXPECT_THAT(Release(0).error().what, HasSubstr("no pod that runs"));
}

TEST_F(ReleasingAWorker, NamesTheRightThatIsMissing) {
  PutPod("a", 0, SecondsAgo(61));
  cluster_.Intercept([](const std::string& method, const std::string&) -> std::optional<Reply> {
    if (method == "GET") return std::nullopt;
    return Refused("403 Forbidden", "u cannot patch resource pods/status");
  });
  const auto released = Release(0);
  ASSERT_FALSE(released);
  EXPECT_EQ(released.error().code, Code::kNotAuthorized);
  EXPECT_THAT(released.error().hint, HasSubstr(R"(resources: ["pods/status"], verbs: ["patch"])"));
}

}  // namespace
}  // namespace reprocess
