#include "cluster/job_logs.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster/cluster_for_tests.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using Json = nlohmann::json;

Json Running(int worker) {
  return {
      {"metadata",
       {{"labels", {{"job-id", "7"}}},
        {"annotations", {{"batch.kubernetes.io/job-completion-index", std::to_string(worker)}}}}},
      {"status",
       {{"phase", "Running"},
        {"containerStatuses", {{{"name", "worker"}, {"state", {{"running", Json::object()}}}}}}}}};
}

Json Ended() {
  return {{"status",
           {{"phase", "Succeeded"},
            {"containerStatuses",
             {{{"name", "worker"}, {"state", {{"terminated", {{"exitCode", 0}}}}}}}}}}};
}

std::string At(int second, const std::string& text) {
  return fmt::format("2026-05-01T00:00:{:02}Z {}\n", second, text);
}

class Listener final : public LogsListener {
 public:
  void Line(const JobLogLine& line) override {
    lines.push_back(fmt::format("{} {}", line.worker, line.text));
  }
  void Note(const std::string& text) override { notes.push_back(text); }
  std::vector<std::string> lines, notes;
};

class JobLogs : public testing::Test {
 protected:
  JobLogs() : api_(cluster_.access(), WorldOf(clock_)) {
    cluster_.Put("jobs", "reprocess-7", {{"metadata", {{"labels", {{"job-id", "7"}}}}}});
    cluster_.Put("pods", "a", Running(0));
    cluster_.Put("pods", "b", Running(1));
    cluster_.SetLog("a", At(1, "one") + At(4, "four"));
    cluster_.SetLog("b", At(2, "two") + At(3, "three"));
  }
  Result<bool> Read(const LogsRequest& request, const std::vector<PodRow>& kept = {}) {
    return ReadJobLogs(api_, request, kept, listener_, {});
  }

  // All that is asked of pod a's log.
  void RefuseLogOfA(const std::string& status, const std::string& message) {
    cluster_.Intercept([=](const std::string&, const std::string& target) -> std::optional<Reply> {
      if (target != "pods/a") return std::nullopt;
      return Refused(status, message);
    });
  }

  FakeCluster cluster_;
  HastyClock clock_;
  KubeApi api_;
  Listener listener_;
};

TEST_F(JobLogs, OfAllPodsComeOldestFirstWithTheirWorker) {
  cluster_.Put("pods", "not-begun", Running(2));
  const auto whole = Read({.job_id = "7"});
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_TRUE(*whole);
  EXPECT_THAT(listener_.lines, ElementsAre("0 one", "1 two", "1 three", "0 four"));
}

TEST_F(JobLogs, OfPodsThatAreGoneAreWhatWasKept) {
  const PodRow gone{.uid = "u",
                    .job_id = "7",
                    .name = "c",
                    .worker_index = 1,
                    .log = At(0, "zero") + At(2, "two and a bit")};
  ASSERT_TRUE(Read({.job_id = "7", .worker = 1}, {gone}));
  EXPECT_THAT(listener_.lines, ElementsAre("1 zero", "1 two", "1 two and a bit", "1 three"));
}

TEST_F(JobLogs, TheLastLinesAreThoseOfEachWorker) {
  ASSERT_TRUE(Read({.job_id = "7", .tail = 1}));
  EXPECT_THAT(listener_.lines, ElementsAre("1 three", "0 four"));
}

TEST_F(JobLogs, APodThatCannotBeReadIsToldAndTheOthersGoOn) {
  RefuseLogOfA("500 Internal Server Error", "no route to the node");
  const auto whole = Read({.job_id = "7"});
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_FALSE(*whole);
  EXPECT_THAT(listener_.lines, ElementsAre("1 two", "1 three"));
  EXPECT_THAT(listener_.notes, ElementsAre(HasSubstr("no route to the node")));
}

TEST_F(JobLogs, APodThatHasEndedAndWhoseLogIsNotThereIsTold) {
  cluster_.Merge("pods", "a", Ended());
  RefuseLogOfA("404 Not Found", "node n not found");
  const auto whole = Read({.job_id = "7"});
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_FALSE(*whole);
  EXPECT_THAT(listener_.notes, ElementsAre(HasSubstr("not found")));
}

TEST_F(JobLogs, OfAJobThatHadNoPodAreAnError) {
  const auto none = Read({.job_id = "8"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
}

// Each look at the Job finds the story one step on.
TEST_F(JobLogs, AreFollowedOverAPodsEndAndItsSuccessorWithNothingTwice) {
  int looks = 0;
  cluster_.Remove("pods", "b");
  cluster_.Intercept([&](const std::string&, const std::string& target) -> std::optional<Reply> {
    if (target != "jobs/reprocess-7") return std::nullopt;
    switch (++looks) {
      case 2:
        cluster_.SetLog("a", At(1, "one") + At(4, "four") + At(5, "last words"));
        cluster_.Merge("pods", "a", Ended());
        break;
      case 4:
        cluster_.SetLog("successor", At(6, "six"));
        cluster_.Put("pods", "successor", Running(0));
        break;
      case 6:
        cluster_.SetLog("successor", At(6, "six") + At(7, "seven"));
        cluster_.Merge("pods", "successor", Ended());
        break;
      case 40:
        cluster_.Merge(
            "jobs", "reprocess-7",
            {{"status", {{"conditions", {{{"type", "Complete"}, {"status", "True"}}}}}}});
        break;
      default:
        break;
    }
    return std::nullopt;
  });
  const auto whole = FollowJobLogs(api_, {.job_id = "7"}, {}, listener_, {});
  ASSERT_TRUE(whole) << whole.error().ToString();
  EXPECT_THAT(listener_.lines,
              UnorderedElementsAre("0 one", "0 four", "0 last words", "0 six", "0 seven"));
  const auto at = [&](const char* line) { return std::ranges::find(listener_.lines, line); };
  EXPECT_LT(at("0 one"), at("0 four"));
  EXPECT_LT(at("0 four"), at("0 last words"));
  EXPECT_LT(at("0 six"), at("0 seven"));
}

TEST_F(JobLogs, FollowingEndsWhenItIsStopped) {
  std::stop_source stop;
  cluster_.Intercept([&](const std::string&, const std::string& target) -> std::optional<Reply> {
    if (target == "jobs/reprocess-7") stop.request_stop();
    return std::nullopt;
  });
  const auto whole = FollowJobLogs(api_, {.job_id = "7"}, {}, listener_, stop.get_token());
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, Code::kStopped);
}

}  // namespace
}  // namespace reprocess
