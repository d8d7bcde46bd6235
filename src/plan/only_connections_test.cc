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

JobConfig Only(std::vector<std::string> connections) {
  JobConfig config;
  config.only_connections = std::move(connections);
  return config;
}

TEST(OnlyConnections, AreKeptStreamByStreamInTheOrderOfTheRepository) {
  JobConfig config = Only({"conn-b", "conn-a"});
  const auto found = ResolveOnlyConnections(config, &Repository());
  ASSERT_TRUE(found) << found.error().ToString();
  EXPECT_THAT(config.stream_connections, ElementsAre(Pair("s1", ElementsAre("conn-a", "conn-b")),
                                                     Pair("s2", ElementsAre("conn-b"))));
}

TEST(OnlyConnections, ThatTheRepositoryLacksAreAnErrorThatNamesTheNearest) {
  JobConfig config = Only({"conn-a", "con-d"});
  const auto found = ResolveOnlyConnections(config, &Repository());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kNotFound);
  EXPECT_THAT(found.error().what, HasSubstr("--only-connection: the streams repository has no "
                                            "connection con-d"));
  EXPECT_EQ(found.error().hint, "did you mean conn-d?");
}

TEST(OnlyConnections, OfMoreStreamsThanAJobCanKeepAreRefused) {
  StreamMap streams;
  for (int i = 0; i < 10'000; ++i) streams.Set(std::string(60, 'x') + std::to_string(i), "c");
  JobConfig config = Only({"c"});
  const auto found = ResolveOnlyConnections(config, &streams);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::kUnsupported);
  EXPECT_THAT(found.error().what, HasSubstr("10000 streams"));
}

TEST(OnlyConnections, NeedARepositoryAndWithoutThemNoneIsAsked) {
  JobConfig config = Only({});
  EXPECT_TRUE(ResolveOnlyConnections(config, nullptr));
  EXPECT_TRUE(config.stream_connections.empty());
  config = Only({"c"});
  const auto resolved = ResolveOnlyConnections(config, nullptr);
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().code, Code::kInvalid);
  EXPECT_THAT(resolved.error().hint, HasSubstr("--repository-url"));
}

TEST(OnlyConnections, GoWithAPlanIntoTheRetryOfItsLines) {
  JobConfig config = Only({"conn-b"});
  config.json = R"({"only_connections":["conn-b"]})";
  ASSERT_TRUE(ResolveOnlyConnections(config, &Repository()));
  const auto retried = ConfigOfRetry(*PlanConfigText(config), "first").job;
  ASSERT_TRUE(retried) << retried.error().ToString();
  EXPECT_THAT(retried->only_connections, ElementsAre("conn-b"));
  EXPECT_THAT(retried->stream_connections, testing::SizeIs(2));
}

}  // namespace
}  // namespace reprocess
