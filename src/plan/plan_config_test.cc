#include "plan/plan_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;

const Destination kTopic{Destination::kKafka, "b:9092", "t", {}};
const Destination kFolder{Destination::kFiles, {}, {}, "/out"};
const Destination kNowhere{Destination::kNone, {}, {}, {}};

TEST(PlanConfig, RemembersTheDestinationAndTheKeysThatWereGiven) {
  for (const auto& target : {kTopic, kFolder, kNowhere}) {
    const std::string text = PlanConfig(R"({"limit":7})", target);
    EXPECT_EQ(DestinationOfPlan(text), target);
    std::vector<std::string> warnings;
    const auto config = ConfigOfPlan(text, "plan", warnings);
    ASSERT_TRUE(config) << config.error().ToString();
    EXPECT_EQ(config->limit, 7U);
    EXPECT_EQ(config->json, text);
    EXPECT_TRUE(warnings.empty());
  }
  EXPECT_EQ(DestinationOfPlan(R"({"limit":7})"), std::nullopt);
  EXPECT_EQ(DestinationOfPlan("no json"), std::nullopt);
}

TEST(PlanConfig, RefusesWhatThePlanDoesNotSayAndNothingElse) {
  const std::string plan = PlanConfig(R"({"stream_ids":["a","b"],"limit":7})", kTopic);
  struct Row {
    const char* given;
    std::optional<Destination> target;
    const char* refused;  // nullptr: accepted
  };
  const Row rows[] = {
      {"{}", {}, nullptr},
      {R"({"limit":7})", {}, nullptr},
      {R"({"limit":8})", {}, "limit 7, not 8"},
      {R"({"stream_ids":["b","a"]})", {}, "stream_ids"},
      {R"({"date_from":"2026-05-01T00:00:00Z"})", {}, "date_from unset, not"},
      {"{}", kTopic, nullptr},
      {"{}", Destination{Destination::kKafka, "elsewhere:9092", "", {}}, nullptr},
      {"{}", Destination{Destination::kKafka, "", "other", {}}, "destination Kafka topic t, not"},
      {"{}", kFolder, "files in /out"},
      {"{}", kNowhere, "dry run"},
  };
  for (const auto& row : rows) {
    const auto checked = CheckAgainstPlan(plan, row.given, row.target);
    ASSERT_EQ(checked.has_value(), row.refused == nullptr) << row.given;
    if (row.refused != nullptr) {
      EXPECT_THAT(checked.error().what, HasSubstr(row.refused));
    }
  }
}

TEST(PlanConfig, MaxErrorsIsHalfWhereNothingIsSaidAndNotTakenOverByARetry) {
  std::vector<std::string> warnings;
  const auto most = [&](const std::string& given) {
    return ConfigOfPlan(given, "plan", warnings)->throttle.max_errors;
  };
  EXPECT_EQ(most(WithMaxErrors("{}")), MaxErrors{.hundredths = 5'000});
  EXPECT_EQ(most(WithMaxErrors(R"({"max_errors":"7"})")), MaxErrors{.lines = 7});
  EXPECT_EQ(most(GivenForRetry(WithMaxErrors("{}"), "j")), std::nullopt);
  EXPECT_TRUE(warnings.empty());
}

TEST(PlanConfig, KeepsTheLimitsThatItHad) {
  auto config = WithLimitRaised(PlanConfig(R"({"limit":7})", kTopic), 3);
  ASSERT_TRUE(config);
  config = WithLimitRaised(*config, 0);
  ASSERT_TRUE(config);
  EXPECT_EQ(DestinationOfPlan(*config), kTopic);
  std::vector<std::string> warnings;
  const auto read = ConfigOfPlan(*config, "plan", warnings);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->limit, 0);
  EXPECT_THAT(read->earlier_limits, testing::ElementsAre(7, 10));
  EXPECT_TRUE(warnings.empty());
  EXPECT_FALSE(WithLimitRaised(*config, 1)) << "it has none now";
  EXPECT_FALSE(WithLimitRaised(R"({"limit":7})", INT64_MAX));
  EXPECT_THAT(GivenForRetry(*config, "j"), testing::Not(HasSubstr("limit")));
}

TEST(PlanConfig, ALimitThatThePlanDoesNotSayIsChangedByReprocessSet) {
  const auto hint = [](const char* given) {
    return CheckAgainstPlan("{}", given, std::nullopt).error().hint;
  };
  for (const char* given : {R"({"max_messages_per_second":5})", R"({"lag_groups":["g"]})"}) {
    EXPECT_THAT(hint(given), HasSubstr("`reprocess set`"));
  }
  EXPECT_THAT(hint(R"({"limit":5})"), HasSubstr("--limit +N"));
  EXPECT_THAT(hint(R"({"stream_ids":["a"]})"), HasSubstr("start a new job"));
}

}  // namespace
}  // namespace reprocess
