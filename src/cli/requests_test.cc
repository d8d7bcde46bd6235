#include "cli/requests.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprocess {
namespace {

using testing::HasSubstr;

Environment Variables(std::map<std::string, std::string> values) {
  values.emplace("HOME", "/home/op");
  return [values](const std::string& name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

RunArguments Given(auto&& change) {
  RunArguments run;
  run.paths = {"/logs"};
  change(run);
  return run;
}

TEST(RunRules, OneDestinationIsNeeded) {
  struct Row {
    RunArguments run;
    std::map<std::string, std::string> environment;
    std::optional<Destination::Kind> kind;  // none: not asked for by an option
    const char* refused;                    // nullptr: accepted
  };
  const std::map<std::string, std::string> brokers = {{"KAFKA_BOOTSTRAP_SERVERS", "b:9092"}};
  const std::map<std::string, std::string> kafka = {{"KAFKA_BOOTSTRAP_SERVERS", "b:9092"},
                                                    {"KAFKA_DESTINATIONS_TOPIC", "t"}};
  const Row rows[] = {
      {Given([](auto&) {}), {}, {}, "no destination"},
      {Given([](auto&) {}), kafka, {}, nullptr},
      {Given([](auto& r) { r.job = "j"; }), {}, {}, nullptr},
      {Given([](auto& r) { r.out = "/o"; }), kafka, Destination::kFiles, nullptr},
      {Given([](auto& r) { r.dry_run = true; }), kafka, Destination::kNone, nullptr},
      {Given([](auto& r) { r.kafka = "b:1", r.topic = "t"; }), {}, Destination::kKafka, nullptr},
      {Given([](auto&) {}), brokers, {}, "no topic"},
      {Given([](auto& r) { r.kafka = "b:1"; }), {}, {}, "no topic"},
      {Given([](auto& r) { r.kafka = "b:1", r.job = "j"; }), {}, Destination::kKafka, nullptr},
      {Given([](auto& r) { r.kafka = "b:1", r.dry_run = true; }), {}, Destination::kNone, nullptr},
      {Given([](auto& r) { r.out = "/o", r.dry_run = true; }), {}, {}, "combined with --dry-run"},
      {Given([](auto& r) { r.out = "/o", r.kafka = "b:1"; }), {}, {}, "combined with --kafka"},
      {Given([](auto& r) { r.out = "/o", r.topic = "t"; }), {}, {}, "combined with --topic"},
  };
  for (const auto& row : rows) {
    const auto command = RunRequestOf(row.run, Variables(row.environment));
    if (row.refused != nullptr) {
      ASSERT_FALSE(command) << row.refused;
      EXPECT_THAT(command.error().what, HasSubstr(row.refused));
      EXPECT_NE(command.error().hint, "");
      continue;
    }
    ASSERT_TRUE(command) << command.error().ToString();
    ASSERT_EQ(command->request.destination.has_value(), row.kind.has_value());
    if (row.kind) {
      EXPECT_EQ(command->request.destination->kind, *row.kind);
    }
  }
}

TEST(RunRules, OptionsBecomeKeysOfTheConfigurationAndOnlyThoseGiven) {
  const auto command = RunRequestOf(Given([](auto& r) {
                                      r.filter = {"2026-05-01", "2026-05-02", {"s"}, {"a", "b"}};
                                      r.limit = "10";
                                      r.start_file = "f";
                                      r.start_line = "3";
                                      r.delivery = "exactly_once";
                                      r.out = "o";
                                    }),
                                    Variables({}));
  ASSERT_TRUE(command) << command.error().ToString();
  EXPECT_EQ(command->request.given,
            R"({"date_from":"2026-05-01T00:00:00Z","date_to":"2026-05-02T23:59:59.999999999Z",)"
            R"("stream_ids":["s"],"connection_ids":["a","b"],"limit":10,"start_file":"f",)"
            R"("start_line":3,"delivery":"exactly_once"})");
  EXPECT_TRUE(command->request.destination->directory.starts_with('/'));
}

TEST(RunRules, RefuseWhatCannotBeMeant) {
  struct Row {
    RunArguments run;
    const char* what;
  };
  const Row rows[] = {
      {Given([](auto& r) { r.limit = "-1"; }),
       "--limit: expected a whole number from 1, got \"-1\""},
      {Given([](auto& r) { r.limit = "0"; }), "--limit: expected a whole number from 1"},
      {Given([](auto& r) { r.limit = "1k"; }), "--limit"},
      {Given([](auto& r) { r.shards = "0"; }), "--shards: expected a whole number from 1 to 100"},
      {Given([](auto& r) { r.start_line = "2"; }), "--start-line: it needs --start-file"},
      {Given([](auto& r) { r.filter.from = "yesterday"; }), "--from: expected a time like"},
      {Given([](auto& r) { r.filter.to = "2026-02-30"; }), "--to: expected a time like"},
      {Given([](auto& r) { r.filter.from = "2026-05-02", r.filter.to = "2026-05-01"; }),
       "after --to"},
      {Given([](auto& r) { r.paths.clear(); }), "no PATH"},
      {Given([](auto& r) { r.version_id = "v"; }), "--version-id: it needs exactly one PATH"},
      {Given([](auto& r) { r.version_id = "v", r.paths = {"s3://b/a", "s3://b/b"}; }),
       "--version-id"},
      {Given([](auto& r) { r.version_id = "v", r.paths = {"s3://b/"}; }), "--version-id"},
      {Given([](auto& r) { r.version_id = "v", r.paths = {"s3://b"}; }), "--version-id"},
      {Given([](auto& r) { r.version_id = "v", r.paths.clear(), r.job = "j"; }), "--version-id"},
  };
  for (auto row : rows) {
    row.run.out = "/o";
    const auto command = RunRequestOf(row.run, Variables({}));
    ASSERT_FALSE(command) << row.what;
    EXPECT_THAT(command.error().what, HasSubstr(row.what));
  }
}

TEST(RunRules, AVersionOfOneS3ObjectCanBeAskedFor) {
  InspectArguments inspect;
  inspect.paths = {"s3://bucket/deep/key"};
  inspect.version_id = "v1";
  EXPECT_EQ(InspectRequestOf(inspect, Variables({}))->version_id, "v1");
  inspect.paths = {"/logs"};
  const auto refused = InspectRequestOf(inspect, Variables({}));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().hint, HasSubstr("s3://bucket/key"));
  const auto run = RunRequestOf(
      Given([](auto& r) { r.version_id = "v2", r.paths = {"s3://b/k"}, r.out = "/o"; }),
      Variables({}));
  ASSERT_TRUE(run) << run.error().ToString();
  EXPECT_EQ(run->request.version_id, "v2");
}

TEST(RunRules, OptionsWinOverTheEnvironment) {
  const auto environment = Variables({{"KAFKA_BOOTSTRAP_SERVERS", "env:1"},
                                      {"KAFKA_DESTINATIONS_TOPIC", "env-topic"},
                                      {"DATABASE_URL", "/env.db"},
                                      {"JOB_ID", "env-job"}});
  const auto from_environment = RunRequestOf(Given([](auto&) {}), environment);
  ASSERT_TRUE(from_environment);
  EXPECT_EQ(from_environment->request.job_id, "env-job");
  EXPECT_EQ(from_environment->request.kafka.topic, "env-topic");
  EXPECT_EQ(from_environment->database_url, "/env.db");
  EXPECT_FALSE(from_environment->request.kafka.create_topic);
  const auto command = RunRequestOf(Given([](auto& r) {
                                      r.kafka = "opt:1", r.topic = "opt", r.database = "/opt.db";
                                      r.job = "opt-job", r.create_topic = true;
                                    }),
                                    environment);
  ASSERT_TRUE(command);
  EXPECT_TRUE(command->request.kafka.create_topic);
  EXPECT_EQ(command->request.job_id, "opt-job");
  EXPECT_EQ(command->request.kafka.brokers, "opt:1");
  EXPECT_EQ(command->request.kafka.topic, "opt");
  EXPECT_EQ(command->database_url, "/opt.db");
  EXPECT_EQ(command->options.database, " --database /opt.db");
}

TEST(RunRules, WhatIsWaitedForIsNamedInTheWordsOfWhoeverNamedIt) {
  const auto words = [](const RunArguments& run, std::map<std::string, std::string> environment) {
    return RunRequestOf(run, Variables(std::move(environment)))->waits_for;
  };
  const auto of_options = words(Given([](auto& r) {
                                  r.kafka = "b:1", r.topic = "t", r.database = "/x.db";
                                  r.repository_url = "http://r";
                                }),
                                {});
  EXPECT_EQ(of_options[static_cast<std::size_t>(Step::kKafka)], "Kafka at b:1 (--kafka)");
  EXPECT_EQ(of_options[static_cast<std::size_t>(Step::kDatabase)], "the database (--database)");
  EXPECT_THAT(of_options[static_cast<std::size_t>(Step::kRepository)],
              HasSubstr("--repository-url"));
  const auto of_variables = words(
      Given([](auto&) {}), {{"KAFKA_BOOTSTRAP_SERVERS", "e:1"}, {"KAFKA_DESTINATIONS_TOPIC", "t"}});
  EXPECT_EQ(of_variables[static_cast<std::size_t>(Step::kKafka)],
            "Kafka at e:1 (KAFKA_BOOTSTRAP_SERVERS)");
}

TEST(RunRules, APasswordIsNeverPartOfACommandThatIsShown) {
  const struct {
    const char *given, *shown;
  } rows[] = {{"postgresql://op:secret@db/x?a=b", "\"$DATABASE_URL\""},
              {"postgresql://db/x?user=op&password=secret", "\"$DATABASE_URL\""},
              {"postgresql://op@db:5432/x?a=b", "'postgresql://op@db:5432/x?a=b'"},
              {"/it's.db", "'/it'\\''s.db'"},
              {"/a.db", "/a.db"}};
  for (const auto& row : rows) {
    const auto command = RunRequestOf(
        Given([&](auto& r) { r.database = row.given, r.dry_run = true; }), Variables({}));
    ASSERT_TRUE(command) << command.error().ToString();
    EXPECT_EQ(command->options.database, std::string(" --database ") + row.shown);
  }
}

TEST(DefaultDatabase, LiesInTheStateFolder) {
  EXPECT_EQ(DatabaseUrlOf("", Variables({})),
            "sqlite:///home/op/.local/state/reprocess/reprocess.db");
  EXPECT_EQ(DatabaseUrlOf("", Variables({{"XDG_STATE_HOME", "/s"}})),
            "sqlite:///s/reprocess/reprocess.db");
}

TEST(ResetRules, JsonNeedsYesBecauseNothingCanBeAsked) {
  ResetArguments reset;
  reset.job = "j";
  reset.json = true;
  EXPECT_THAT(ResetRequestOf(reset, Variables({})).error().hint, HasSubstr("--yes"));
  reset.yes = true;
  reset.shard = "3";
  EXPECT_EQ(ResetRequestOf(reset, Variables({}))->shard, 3);
  reset.shard = "x";
  EXPECT_THAT(ResetRequestOf(reset, Variables({})).error().what, HasSubstr("--shard"));
}

TEST(ThrottleRules, OptionsBecomeKeysOfTheConfiguration) {
  const RunArguments run = Given([](auto& r) {
    r.out = "/o";
    r.throttle = {"10", "2M", "500", {"g1", "g2"}};
  });
  EXPECT_EQ(RunRequestOf(run, Variables({}))->request.given,
            R"({"max_messages_per_second":10,"max_bytes_per_second":2000000,)"
            R"("max_consumer_lag":500,"lag_groups":["g1","g2"]})");
  const auto refused = [](ThrottleArguments throttle) {
    const RunArguments bad = Given([&](auto& r) {
      r.out = "/o";
      r.throttle = std::move(throttle);
    });
    return RunRequestOf(bad, Variables({})).error().what;
  };
  EXPECT_THAT(refused({"fast", "", "", {}}), HasSubstr("--max-messages-per-second"));
  EXPECT_THAT(refused({"", "-1", "", {}}), HasSubstr("--max-bytes-per-second"));
  EXPECT_THAT(refused({"", "", "5", {}}), HasSubstr("--lag-group"));
}

TEST(RunRules, MaxErrorsIsANumberOfLinesOrAShare) {
  const auto given = [](const char* text) {
    return RunRequestOf(Given([&](auto& r) { r.out = "/o", r.max_errors = text; }), Variables({}));
  };
  EXPECT_EQ(given("5.0%")->request.given, R"({"max_errors":"5%"})");
  EXPECT_EQ(given("76")->request.given, R"({"max_errors":"76"})");
  EXPECT_THAT(given("many").error().what, HasSubstr("--max-errors: expected a whole number"));
}

TEST(ThrottleRules, SetChangesWhatIsNamedAndNoMore) {
  SetArguments set;
  set.words = {"job-7", "max_messages_per_second=10", "max_consumer_lag=", "lag_groups=a,b"};
  const auto request = SetRequestOf(set);
  ASSERT_TRUE(request) << request.error().ToString();
  EXPECT_EQ(request->job_id, "job-7");
  EXPECT_EQ(request->change.max_messages_per_second.value(), std::optional<std::uint64_t>(10));
  EXPECT_FALSE(request->change.max_bytes_per_second);
  ASSERT_TRUE(request->change.max_consumer_lag) << "an empty value is a change";
  EXPECT_FALSE(*request->change.max_consumer_lag);
  EXPECT_EQ(request->change.lag_groups.value(), std::optional(std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(request->change.paused);
  for (const char* word :
       {"max_messages=1", "max_messages_per_second", "max_consumer_lag=x",
        "max_bytes_per_second=-1", "lag_groups=a,", "paused=1", "max_errors=5 %"}) {
    set.words = {"job-7", word};
    EXPECT_FALSE(SetRequestOf(set)) << word;
  }
  set.words = {"job-7", "max_errors=5%"};
  EXPECT_EQ(SetRequestOf(set)->change.max_errors.value(),
            std::optional(MaxErrors{.hundredths = 500}));
  set.words = {"job-7", "max_errors="};
  EXPECT_EQ(SetRequestOf(set)->change.max_errors.value(), std::nullopt);
  EXPECT_EQ(HoldRequestOf({"j", "", false}, true)->change.paused, true);
}

TEST(AmountOf, TakesThousandsMillionsAndBillions) {
  const struct {
    const char* text;
    std::optional<std::uint64_t> amount;
  } kRows[] = {
      {"0", 0},
      {"17", 17},
      {"2k", 2'000},
      {"2K", 2'000},
      {"3M", 3'000'000},
      {"1g", 1000000000},
      {"", {}},
      {"k", {}},
      {"-1", {}},
      {"1.5k", {}},
      {"2kk", {}},
      {"2 k", {}},
      {"2t", {}},
      {"9223372036854775807", INT64_MAX},
      {"10000000000G", {}},
  };
  for (const auto& [text, amount] : kRows) {
    const auto parsed = AmountOf("max", text);
    EXPECT_EQ(parsed ? std::optional(*parsed) : std::nullopt, amount) << text;
  }
  EXPECT_THAT(AmountOf("max_consumer_lag", "2t").error().what,
              HasSubstr("max_consumer_lag: expected a whole number from 0, or one with k, M or G"));
}

TEST(ReasonArgument, IsOneOfTheErrorReasons) {
  EXPECT_EQ(ReasonArgument("too_large").value(), std::optional(Reason::kTooLarge));
  EXPECT_EQ(ReasonArgument("").value(), std::optional<Reason>());
  EXPECT_THAT(ReasonArgument("blank").error().what, HasSubstr("invalid_json"));
}

}  // namespace
}  // namespace reprocess
