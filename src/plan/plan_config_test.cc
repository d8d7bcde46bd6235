#include "plan/plan_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/worker_config.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

const Destination kTopic{Destination::kKafka, "b:9092", "t", {}};
const Destination kFolder{Destination::kFiles, {}, {}, "/out"};
const Destination kNowhere{Destination::kNone, {}, {}, {}};

JobConfig Asked(std::string_view json) {
  std::vector<std::string> warnings;
  return ParseJobConfig(json, "options", warnings).value();
}

TEST(PlanConfig, RemembersTheDestinationAndTheKeysThatWereGiven) {
  for (const auto& target : {kTopic, kFolder, kNowhere}) {
    const std::string text = *PlanConfigText(Asked(R"({"limit":7})"), target, R"({"lines":1})");
    const PlanConfig plan = ReadPlanConfig(text);
    EXPECT_EQ(plan.destination, target);
    EXPECT_EQ(plan.only_missing, R"({"lines":1})");
    ASSERT_TRUE(plan.job) << plan.job.error().ToString();
    EXPECT_EQ(plan.job->limit, 7U);
    EXPECT_EQ(plan.job->dry_run, target == kNowhere);
    EXPECT_EQ(plan.job->json, text);
    EXPECT_TRUE(plan.warnings.empty());
  }
  EXPECT_EQ(ReadPlanConfig(R"({"limit":7})").destination, std::nullopt);
  EXPECT_EQ(ReadPlanConfig("no json").destination, std::nullopt);
  EXPECT_TRUE(ReadPlanConfig("no json").job);
  EXPECT_EQ(ReadPlanConfig(R"({"limit":"x","retry_of":"a"})").retry_of, "a");
}

TEST(PlanConfig, IsStoredAsItWasAskedForWithWhatPlanningHasAdded) {
  JobConfig asked = Asked(
      R"({"start_file":"b","files":["b"],"limit":5.0,"only_connections":["c"],"later":{"z":1}})");
  asked.stream_connections = {{"s", {"c"}}};
  asked.throttle.max_errors = ParseMaxErrors(kDefaultMaxErrors);
  asked.start_file = "/in/b";
  const std::string kept = R"({"start_file":"/in/b","files":["b"],"limit":5.0,)"
                           R"("only_connections":["c"],"later":{"z":1},)"
                           R"("stream_connections":{"s":["c"]},"max_errors":"50%")";
  EXPECT_EQ(*PlanConfigText(asked), kept + "}");
  asked.json = *PlanConfigText(asked);
  const std::string plan = *PlanConfigText(asked, kTopic, R"({"b":1,"a":2})");
  EXPECT_EQ(plan, kept + R"(,"only_missing":{"b":1,"a":2},)"
                         R"("destination":{"kind":"kafka","brokers":"b:9092","topic":"t"}})");
  EXPECT_EQ(WorkersConfig(plan), kept + "}");
  EXPECT_EQ(ConfigOfRetry(plan, "j").job->json,
            R"({"files":["b"],"only_connections":["c"],"later":{"z":1},)"
            R"("stream_connections":{"s":["c"]},"retry_of":"j"})");
}

TEST(PlanConfig, ThatNoJsonCanHoldIsRefused) {
  const Destination folder{Destination::kFiles, {}, {}, "/\xFF"};
  EXPECT_EQ(PlanConfigText({}, folder).error().code, Code::kInvalid);
}

TEST(PlanConfig, RefusesWhatThePlanDoesNotSayAndNothingElse) {
  const std::string plan = *PlanConfigText(Asked(R"({"stream_ids":["a","b"],"limit":7})"), kTopic);
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
    const auto checked = CheckAgainstPlan(plan, Asked(row.given), row.target);
    ASSERT_EQ(checked.has_value(), row.refused == nullptr) << row.given;
    if (row.refused != nullptr) {
      EXPECT_THAT(checked.error().what, HasSubstr(row.refused));
    }
  }
}

TEST(PlanConfig, KeepsTheLimitsThatItHad) {
  auto config = WithLimitRaised(*PlanConfigText(Asked(R"({"limit":7})"), kTopic), 3);
  ASSERT_TRUE(config);
  config = WithLimitRaised(*config, 0);
  ASSERT_TRUE(config);
  const PlanConfig read = ReadPlanConfig(*config);
  EXPECT_EQ(read.destination, kTopic);
  ASSERT_TRUE(read.job) << read.job.error().ToString();
  EXPECT_EQ(read.job->limit, 0);
  EXPECT_THAT(read.job->earlier_limits, testing::ElementsAre(7, 10));
  EXPECT_TRUE(read.warnings.empty());
  EXPECT_FALSE(WithLimitRaised(*config, 1)) << "it has none now";
  EXPECT_FALSE(WithLimitRaised(R"({"limit":7})", INT64_MAX));
  EXPECT_THAT(ConfigOfRetry(*config, "j").job->json, testing::Not(HasSubstr("limit")));
}

TEST(PlanConfig, ALimitThatThePlanDoesNotSayIsChangedByReprocessSet) {
  const auto hint = [](const char* given) {
    return CheckAgainstPlan("{}", Asked(given), std::nullopt).error().hint;
  };
  for (const char* given : {R"({"max_messages_per_second":5})", R"({"lag_groups":["g"]})"}) {
    EXPECT_THAT(hint(given), HasSubstr("`reprocess set`"));
  }
  EXPECT_THAT(hint(R"({"limit":5})"), HasSubstr("--limit +N"));
  EXPECT_THAT(hint(R"({"stream_ids":["a"]})"), HasSubstr("start a new job"));
}

}  // namespace
}  // namespace reprocess
