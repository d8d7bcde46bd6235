#include "kube/logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/cluster_for_tests.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string At(const std::string& second, const std::string& text) {
  return "2026-05-01T00:00:" + second + "Z " + text + "\n";
}

std::string PodThat(const std::string& status) {
  return Ok(R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"p"},"status":)" +
            status + "}]}");
}

class KubeLogsTest : public testing::Test {
 protected:
  LogTaker Taker() {
    return {.line =
                [this](const LogLine& line) {
                  lines_.emplace_back(line.text);
                  return line.text != "enough";
                },
            .away = [this](const Error& error) { away_.push_back(error.what); }};
  }
  Result<void> Follow(const ScriptedCluster& cluster) {
    KubeApi api(cluster.access(), WorldOf(clock_));
    return FollowLog(api, {.pod = "p", .container = "worker", .tail = 50}, Taker(), {});
  }

  const std::string runs_ = PodThat(
      R"({"phase":"Running","containerStatuses":[{"name":"worker","state":{"running":{}}}]})");
  const std::string ended_ = PodThat(
      R"({"phase":"Running","containerStatuses":[{"name":"worker","state":{"terminated":{}}}]})");
  const std::string gone_ = Ok(R"({"metadata":{"resourceVersion":"1"},"items":[]})");
  HandClock clock_;
  std::vector<std::string> lines_, away_;
};

TEST_F(KubeLogsTest, AreReadOnceWithTheLastLineThoughItHasNoEnd) {
  ScriptedCluster cluster({Reply(Streamed(At("01.5", "one") + "2026-05-01T00:00:02Z two"))});
  KubeApi api(cluster.access(), WorldOf(clock_));
  const auto outcome = ReadLog(
      api, {.pod = "p", .container = "worker", .since = ParseRfc3339("2026-05-01T00:00:00.9Z")},
      Taker(), {});
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_THAT(lines_, ElementsAre("one", "two"));
  EXPECT_THAT(cluster.requests().at(0),
              StartsWith("GET /api/v1/namespaces/team/pods/p/log?timestamps=true&container=worker"
                         "&sinceTime=2026-05-01T00%3A00%3A00Z HTTP"));
}

TEST_F(KubeLogsTest, AFollowThatIsCutGoesOnWithoutALineTwice) {
  ScriptedCluster cluster(
      {Reply(
           Streamed(At("01.1", "one") + At("02.100000001", "two") + "2026-05-01T00:00:02.9Z thr")),
       runs_,
       Reply(Streamed(At("02.100000001", "two") + At("02.100000002", "three") +
                      "failed to watch the file\n")),
       ended_, Reply(Streamed(At("02.100000002", "three") + At("03", "four")))});
  const auto outcome = Follow(cluster);
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_THAT(lines_, ElementsAre("one", "two", "three", "four"));
  const auto requests = cluster.requests();
  EXPECT_THAT(requests.at(0), HasSubstr("follow=true"));
  EXPECT_THAT(requests.at(0), HasSubstr("tailLines=50"));
  EXPECT_THAT(requests.at(1), HasSubstr("/pods?fieldSelector=metadata.name%3Dp&"));
  EXPECT_THAT(requests.at(2), HasSubstr("sinceTime=2026-05-01T00%3A00%3A02Z"));
  EXPECT_THAT(requests.at(2), Not(HasSubstr("tailLines")));
  EXPECT_THAT(requests.at(4), Not(HasSubstr("follow"))) << "the rest of a container that has ended";
}

TEST_F(KubeLogsTest, AFollowWaitsForAContainerThatIsNotThereYet) {
  ScriptedCluster cluster({Refused("400 Bad Request", "waiting to start"), runs_,
                           Refused("503 Service Unavailable", "away"),
                           Refused("503 Service Unavailable", "away"),
                           Reply(Streamed(At("01", "enough")))});
  const auto outcome = Follow(cluster);
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_THAT(lines_, ElementsAre("enough"));
  EXPECT_EQ(away_.size(), 3u);
}

TEST_F(KubeLogsTest, AFollowOfAContainerThatThePodDoesNotHaveEndsWithItsContainers) {
  ScriptedCluster cluster(
      {Refused("400 Bad Request", "container worker is not valid for pod p"),
       Ok(R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"p"},"spec":
           {"initContainers":[{"name":"init"}],"containers":[{"name":"main"}]}}]})")});
  const auto outcome = Follow(cluster);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kInvalid);
  EXPECT_THAT(outcome.error().what, HasSubstr("no container worker, but init, main"));
}

TEST_F(KubeLogsTest, AFollowEndsWithItsPodAndWithAMissingRight) {
  const ScriptedCluster gone({Refused("404 Not Found", "no pod"), gone_});
  EXPECT_TRUE(Follow(gone));
  const ScriptedCluster refused({Refused("403 Forbidden", "User u cannot get resource pods/log")});
  const auto outcome = Follow(refused);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kNotAuthorized);
}

TEST(LogLine, IsATimeAndAText) {
  const auto line = ParseLogLine("2026-05-01T00:00:01.123456789Z a  b\r");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "a  b");
  EXPECT_EQ(line->time.nanos, 789);
  EXPECT_EQ(ParseLogLine("2026-05-01T00:00:01Z")->text, "");
  EXPECT_FALSE(ParseLogLine("no time"));
}

}  // namespace
}  // namespace reprocess
