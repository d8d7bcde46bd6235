#include "kube/watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kube/cluster_for_tests.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string EventOf(const std::string& type, const std::string& name, const std::string& version) {
  return R"({"type":")" + type + R"(","object":{"metadata":{"name":")" + name +
         R"(","resourceVersion":")" + version + "\"}}}\n";
}

std::string Listing(const std::string& version) {
  return Ok(R"({"metadata":{"resourceVersion":")" + version + R"("},"items":[]})");
}

// Writes down what it hears, and has enough after a name that ends in '!'.
class Hearer final : public WatchListener {
 public:
  bool Listed(const KubeList& list) override {
    heard.push_back("list " + list.resource_version);
    return true;
  }
  bool Changed(WatchEvent::Kind kind, const KubeObject& object) override {
    heard.push_back((kind == WatchEvent::Kind::kDeleted ? "-" : "+") + object.name);
    return !object.name.ends_with('!');
  }
  void Away(const Error& error) override { heard.push_back("away " + error.what); }

  std::vector<std::string> heard;
};

class KubeWatchTest : public testing::Test {
 protected:
  Result<void> Watch(const ScriptedCluster& cluster, std::stop_token stop = {}) {
    KubeApi api(cluster.access(), WorldOf(clock_));
    return WatchObjects(api, kJobs, {.labels = "a"}, hearer_, stop);
  }

  HandClock clock_;
  Hearer hearer_;
};

TEST_F(KubeWatchTest, GoesOnFromTheLastVersionThatItHeardOf) {
  ScriptedCluster cluster(
      {Listing("5"), Reply(Streamed(EventOf("ADDED", "a", "6") + EventOf("BOOKMARK", "", "8"))),
       Reply(Streamed(EventOf("DELETED", "b", "9") + "{\"type\":\"MODI")),
       Reply::Held(Streamed(EventOf("MODIFIED", "c!", "10")))});
  const auto outcome = Watch(cluster);
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_THAT(hearer_.heard, ElementsAre("list 5", "+a", "-b", "+c!"));
  const auto requests = cluster.requests();
  EXPECT_THAT(requests.at(1), HasSubstr("labelSelector=a&watch=1&allowWatchBookmarks=true"
                                        "&resourceVersion=5&timeoutSeconds=60 HTTP"));
  EXPECT_THAT(requests.at(2), HasSubstr("resourceVersion=8&"));
  EXPECT_THAT(requests.at(3), HasSubstr("resourceVersion=9&"))
      << "a line that was cut says nothing";
}

TEST_F(KubeWatchTest, ListsAgainWhereItsVersionHasExpired) {
  ScriptedCluster cluster(
      {Listing("5"), Refused("410 Gone", "too old"), Listing("20"),
       Reply(Streamed(EventOf("ADDED", "a", "21") +
                      R"({"type":"ERROR","object":{"code":410,"message":"too old"}})" + "\n")),
       Listing("30"), Reply(Streamed("no event\n")), Listing("40"),
       Reply(Streamed(EventOf("ADDED", "b!", "41")))});
  const auto outcome = Watch(cluster);
  ASSERT_TRUE(outcome) << outcome.error().ToString();
  EXPECT_THAT(hearer_.heard, ElementsAre("list 5", "list 20", "+a", "list 30", "list 40", "+b!"));
}

TEST_F(KubeWatchTest, TellsWhyItHearsNothingAndWaitsLongerEachTime) {
  ScriptedCluster cluster({Refused("500 Internal Server Error", "ill"),
                           Refused("500 Internal Server Error", "ill"), Listing("5"),
                           Reply(Streamed(EventOf("ADDED", "a!", "6")))});
  const SteadyTime begin = clock_.now;
  ASSERT_TRUE(Watch(cluster));
  EXPECT_THAT(hearer_.heard, ElementsAre("away kubernetes list jobs: ill",
                                         "away kubernetes list jobs: ill", "list 5", "+a!"));
  EXPECT_EQ(clock_.now - begin, Milliseconds(250 + 500));
}

TEST_F(KubeWatchTest, AMinuteInWhichNothingHappenedIsNoTroubleAndMakesNoWaitLonger) {
  const Reply nothing(Streamed(""));
  ScriptedCluster cluster(
      {Listing("5"), nothing, nothing, nothing, Reply(Streamed(EventOf("ADDED", "a!", "6")))});
  const SteadyTime begin = clock_.now;
  ASSERT_TRUE(Watch(cluster));
  EXPECT_THAT(hearer_.heard, ElementsAre("list 5", "+a!"));
  EXPECT_EQ(clock_.now - begin, Milliseconds(3 * 250));
}

TEST_F(KubeWatchTest, EndsWithWhatWaitingDoesNotHeal) {
  const ScriptedCluster cluster(
      {Listing("5"), Refused("403 Forbidden", "User u cannot watch resource jobs")});
  const auto outcome = Watch(cluster);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kNotAuthorized);
  EXPECT_THAT(outcome.error().hint, HasSubstr(R"(verbs: ["watch"])"));
}

TEST_F(KubeWatchTest, AStopEndsASilentWatch) {
  std::stop_source stop;
  const Server server([&](const std::string& request) -> Reply {
    if (request.find("watch=1") == std::string::npos) return Listing("5");
    stop.request_stop();
    return Reply::Held(Streamed(""));
  });
  KubeApi api({.server = server.url(""), .proxy = ""}, WorldOf(SystemClock()));
  const auto outcome = WatchObjects(api, kJobs, {}, hearer_, stop.get_token());
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Code::kStopped);
}

TEST(WatchEvent, IsReadOrRefused) {
  const auto error = ParseWatchEvent(R"({"type":"ERROR","object":{"message":"too old"}})");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "too old");
  for (const std::string line :
       {"", "x", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":{"metadata":{}}})",
        R"({"type":"RENAMED","object":{"metadata":{"resourceVersion":"1"}}})"}) {
    EXPECT_FALSE(ParseWatchEvent(line)) << line;
  }
}

}  // namespace
}  // namespace reprocess
