#include "plan/only_connections.h"

#include <gmock/gmock.h>

#include "model/job_config.h"
#include "plan/plan_config.h"

namespace reprocess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const StreamMap& Repository() {
  static const StreamMap streams = {
      {"s1", "conn-a,conn-b,conn-c"}, {"s2", "conn-b"}, {"s3", "conn-d"}, {"s4", ""}};
  return streams;
}

TEST(OnlyConnections, AreKeptStreamByStreamInTheOrderOfTheRepository) {
  const auto found = StreamConnectionsOf({"conn-b", "conn-a"}, Repository());
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_THAT(*found, ElementsAre(Pair("s1", ElementsAre("conn-a", "conn-b")),
                                  Pair("s2", ElementsAre("conn-b"))));
}

TEST(OnlyConnections, ThatTheRepositoryLacksAreAnErrorThatNamesTheNearest) {
  const auto found = StreamConnectionsOf({"conn-a", "con-d"}, Repository());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kNotFound);
  EXPECT_THAT(found.error().what, HasSubstr("--only-connection: the streams repository has no "
                                            "connection con-d"));
  EXPECT_EQ(found.error().hint, "did you mean conn-d?");
}

TEST(OnlyConnections, OfMoreStreamsThanAJobCanKeepAreRefused) {
  StreamMap streams;
  for (int i = 0; i < 10'000; ++i) streams.Set(std::string(60, 'x') + std::to_string(i), "c");
  const auto found = StreamConnectionsOf({"c"}, streams);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kUnsupported);
  EXPECT_THAT(found.error().what, HasSubstr("10000 streams"));
}

TEST(OnlyConnections, NeedARepositoryAndWithoutThemNoneIsAsked) {
  const std::string others = R"({"stream_ids":["s"],"connection_ids":["c"]})";
  EXPECT_EQ(*ResolveOnlyConnections(others, "http://127.0.0.1:1/", {}, {}), others);
  const auto resolved = ResolveOnlyConnections(R"({"only_connections":["c"]})", {}, {}, {});
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().code, Code::kInvalid);
  EXPECT_THAT(resolved.error().hint, HasSubstr("--repository-url"));
}

TEST(OnlyConnections, GoWithAPlanIntoTheRetryOfItsLines) {
  std::vector<std::string> warnings;
  const std::string given =
      WithStreamConnections(R"({"only_connections":["conn-b"]})", {{"s2", {"conn-b"}}});
  const std::string plan = PlanConfig(given, {Destination::kKafka, "k:1", "t", {}});
  const auto retried = ConfigOfPlan(GivenForRetry(plan, "first"), "plan", warnings);
  ASSERT_TRUE(retried) << retried.error().ToString();
  EXPECT_THAT(retried->only_connections, ElementsAre("conn-b"));
  EXPECT_THAT(retried->stream_connections, ElementsAre(Pair("s2", ElementsAre("conn-b"))));
}

}  // namespace
}  // namespace reprocess
