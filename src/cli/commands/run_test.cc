#include "cli/commands/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/words.h"

namespace reprocess {
namespace {

using testing::HasSubstr;

using Words = std::vector<std::string>;

Result<RunCommand> Asked(Words words, std::map<std::string, std::string> variables = {}) {
  words.insert(words.begin(), "run");
  return RunCommandOf(GivenBy(words), std::nullopt, Variables(std::move(variables)));
}

TEST(RunRules, OneDestinationIsNeeded) {
  struct Row {
    Words words;
    std::map<std::string, std::string> environment;
    std::optional<Destination::Kind> kind;  // none: not asked for by an option
    const char* refused;                    // nullptr: accepted
  };
  const std::map<std::string, std::string> brokers = {{"KAFKA_BOOTSTRAP_SERVERS", "b:9092"}};
  const std::map<std::string, std::string> kafka = {{"KAFKA_BOOTSTRAP_SERVERS", "b:9092"},
                                                    {"KAFKA_DESTINATIONS_TOPIC", "t"}};
  const Row rows[] = {
      {{}, {}, {}, "no destination"},
      {{}, kafka, {}, nullptr},
      {{"--job", "j"}, {}, {}, nullptr},
      {{"--out", "/o"}, kafka, Destination::kFiles, nullptr},
      {{"--dry-run"}, kafka, Destination::kNone, nullptr},
      {{"--kafka", "b:1", "--topic", "t"}, {}, Destination::kKafka, nullptr},
      {{}, brokers, {}, "no topic"},
      {{"--kafka", "b:1"}, {}, {}, "no topic"},
      {{"--kafka", "b:1", "--job", "j"}, {}, Destination::kKafka, nullptr},
      {{"--kafka", "b:1", "--dry-run"}, {}, Destination::kNone, nullptr},
      {{"--out", "/o", "--dry-run"}, {}, {}, "combined with --dry-run"},
      {{"--out", "/o", "--kafka", "b:1"}, {}, {}, "combined with --kafka"},
      {{"--out", "/o", "--topic", "t"}, {}, {}, "combined with --topic"},
  };
  for (auto row : rows) {
    row.words.insert(row.words.begin(), "/logs");
    const auto command = Asked(row.words, row.environment);
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
  const auto command = Asked({"/logs",
                              "--from",
                              "2026-05-01",
                              "--to",
                              "2026-05-02",
                              "--stream",
                              "s",
                              "--connection",
                              "a",
                              "--connection",
                              "b",
                              "--limit",
                              "10",
                              "--start-file",
                              "f",
                              "--start-line",
                              "3",
                              "--delivery",
                              "exactly_once",
                              "--out",
                              "o"});
  ASSERT_TRUE(command) << command.error().ToString();
  EXPECT_EQ(command->request.given.json,
            R"({"date_from":"2026-05-01T00:00:00Z","date_to":"2026-05-02T23:59:59.999999999Z",)"
            R"("stream_ids":["s"],"connection_ids":["a","b"],"limit":10,"start_file":"f",)"
            R"("start_line":3,"delivery":"exactly_once"})");
  EXPECT_TRUE(command->request.destination->directory.starts_with('/'));
}

TEST(RunRules, RefuseWhatCannotBeMeant) {
  struct Row {
    Words words;
    const char* what;
  };
  const Row rows[] = {
      {{"/logs", "--limit", "-1"}, "--limit: expected a whole number from 1, got \"-1\""},
      {{"/logs", "--limit", "0"}, "--limit: expected a whole number from 1"},
      {{"/logs", "--limit", "1k"}, "--limit"},
      {{"/logs", "--stream", "\xFF"}, "an option's text is no UTF-8"},
      {{"/logs", "--shards", "0"}, "--shards: expected a whole number from 1 to 100"},
      {{"/logs", "--start-line", "2"}, "--start-line: it needs --start-file"},
      {{"/logs", "--connection", "a", "--only-connection", "b"},
       "--only-connection: it cannot be combined with --connection"},
      {{"/logs", "--from", "yesterday"}, "--from: expected a time like"},
      {{"/logs", "--to", "2026-02-30"}, "--to: expected a time like"},
      {{"/logs", "--from", "2026-05-02", "--to", "2026-05-01"}, "after --to"},
      {{"/logs", "--again", "--new-only"}, "--new-only: it cannot be combined with --again"},
      {{"/logs", "--no-limit"}, "--no-limit: it is of a job that goes on"},
      {{}, "no PATH"},
      {{"/logs", "--version-id", "v"}, "--version-id: it needs exactly one PATH"},
      {{"s3://b/a", "s3://b/b", "--version-id", "v"}, "--version-id"},
      {{"s3://b/", "--version-id", "v"}, "--version-id"},
      {{"s3://b", "--version-id", "v"}, "--version-id"},
      {{"--version-id", "v", "--job", "j"}, "--version-id"},
  };
  for (auto row : rows) {
    row.words.insert(row.words.end(), {"--out", "/o"});
    const auto command = Asked(row.words);
    ASSERT_FALSE(command) << row.what;
    EXPECT_THAT(command.error().what, HasSubstr(row.what));
  }
}

TEST(RunRules, AVersionOfOneS3ObjectCanBeAskedFor) {
  const auto run = Asked({"s3://b/k", "--version-id", "v2", "--out", "/o"});
  ASSERT_TRUE(run) << run.error().ToString();
  EXPECT_EQ(run->request.version_id, "v2");
}

TEST(RunRules, OptionsWinOverTheEnvironment) {
  const std::map<std::string, std::string> environment = {{"KAFKA_BOOTSTRAP_SERVERS", "env:1"},
                                                          {"KAFKA_DESTINATIONS_TOPIC", "env-topic"},
                                                          {"DATABASE_URL", "/env.db"},
                                                          {"JOB_ID", "env-job"}};
  const auto from_environment = Asked({"/logs"}, environment);
  ASSERT_TRUE(from_environment);
  EXPECT_EQ(from_environment->request.job_id, "env-job");
  EXPECT_EQ(from_environment->request.kafka.topic, "env-topic");
  EXPECT_EQ(from_environment->database_url, "/env.db");
  EXPECT_FALSE(from_environment->request.kafka.create_topic);
  const auto command = Asked({"/logs", "--kafka", "opt:1", "--topic", "opt", "--database",
                              "/opt.db", "--job", "opt-job", "--create-topic"},
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
  const auto of_options = Asked({"/logs", "--kafka", "b:1", "--topic", "t", "--database", "/x.db",
                                 "--repository-url", "http://r"})
                              ->waits_for;
  EXPECT_EQ(of_options[static_cast<std::size_t>(Step::kKafka)], "Kafka at b:1 (--kafka)");
  EXPECT_EQ(of_options[static_cast<std::size_t>(Step::kDatabase)], "the database (--database)");
  EXPECT_THAT(of_options[static_cast<std::size_t>(Step::kRepository)],
              HasSubstr("--repository-url"));
  const auto of_variables =
      Asked({"/logs"}, {{"KAFKA_BOOTSTRAP_SERVERS", "e:1"}, {"KAFKA_DESTINATIONS_TOPIC", "t"}})
          ->waits_for;
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
    const auto command = Asked({"/logs", "--database", row.given, "--dry-run"});
    ASSERT_TRUE(command) << command.error().ToString();
    EXPECT_EQ(command->options.database, std::string(" --database ") + row.shown);
  }
}

TEST(RunRules, ThrottlesBecomeKeysOfTheConfiguration) {
  const auto asked = [](Words words) {
    words.insert(words.end(), {"/logs", "--out", "/o"});
    return Asked(words);
  };
  EXPECT_EQ(asked({"--max-messages-per-second", "10", "--max-bytes-per-second", "2M",
                   "--max-consumer-lag", "500", "--lag-group", "g1", "--lag-group", "g2"})
                ->request.given.json,
            R"({"max_messages_per_second":10,"max_bytes_per_second":2000000,)"
            R"("max_consumer_lag":500,"lag_groups":["g1","g2"]})");
  for (const auto& [option, value, told] :
       {std::tuple{"--max-messages-per-second", "fast", "--max-messages-per-second"},
        {"--max-bytes-per-second", "-1", "--max-bytes-per-second"},
        {"--max-consumer-lag", "5", "--lag-group"}}) {
    EXPECT_THAT(asked({option, value}).error().what, HasSubstr(told));
  }
}

TEST(RunRules, MaxErrorsIsANumberOfLinesOrAShare) {
  const auto asked = [](const char* text) {
    return Asked({"/logs", "--out", "/o", "--max-errors", text});
  };
  EXPECT_EQ(asked("5.0%")->request.given.json, R"({"max_errors":"5%"})");
  EXPECT_EQ(asked("76")->request.given.json, R"({"max_errors":"76"})");
  EXPECT_THAT(asked("many").error().what, HasSubstr("--max-errors: expected a whole number"));
}

}  // namespace
}  // namespace reprocess
