#include "cli/commands/run.h"

#include <utility>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/job_options.h"
#include "cli/missing_options.h"
#include "cli/new_job_options.h"
#include "cli/values.h"
#include "config/surroundings.h"

namespace reprocess {
namespace {

constexpr Option kMoreLimit{option::kWhat, option::kJobLimit.name, "N",
                            "send at most N messages, over all shards; +N: N more than before"},
    kNoLimit{option::kWhat, "--no-limit", "", "go on with a --job that was limited, to its end"},
    kCreateTopic{option::kWhere, "--create-topic", "", "make the topic if it is missing"},
    kJob{option::kHow, "--job", "JOB", "name of a new job, or the job to go on with"},
    kAgain{option::kHow, "--again", "",
           "also files that an earlier job has replayed, without asking"};
constexpr Option kOptions[] = {option::kFrom,
                               option::kTo,
                               option::kStream,
                               option::kConnection,
                               option::kOnlyConnection,
                               option::kVersionId,
                               option::kManifest,
                               kMoreLimit,
                               kNoLimit,
                               option::kStartFile,
                               option::kStartLine,
                               option::kKafka,
                               option::kTopic,
                               kCreateTopic,
                               option::kOut,
                               option::kDryRun,
                               option::kRepositoryUrl,
                               kJob,
                               option::kShards,
                               option::kDelivery,
                               option::kMaxErrors,
                               option::kMaxMessages,
                               option::kMaxBytes,
                               option::kMaxLag,
                               option::kLagGroup,
                               kAgain,
                               option::kPlanIsMeant,
                               option::kNewOnly,
                               option::kOnlyMissing,
                               option::kOutside,
                               option::kPartly,
                               option::kForeign,
                               option::kSince,
                               option::kShardTopics,
                               option::kMissingMemory,
                               option::kDatabase,
                               option::kJsonEvents};
constexpr Example kExamples[] = {
    {"See what would happen", "reprocess run /var/log/failover --dry-run"},
    {"Replay one day into Kafka",
     "reprocess run /var/log/failover --from 2026-05-01 --to 2026-05-01 \\\n"
     "      --kafka broker:9092 --topic destination-messages"},
    {"Write two streams to files, four shards at once",
     "reprocess run a.ndjson.gz b.ndjson --out /tmp/replay --stream s1 --stream s2 --shards 4"},
    {"A first part, then the rest",
     "reprocess run /var/log/failover --job first --limit 1000 --kafka broker:9092 --topic t\n"
     "  reprocess run --job first --no-limit"},
    {"Go on after Ctrl-C", "reprocess run --job 20260501-142233-9f3a1c"}};

// --limit +N and --no-limit.
Result<std::optional<std::uint64_t>> MoreLimitOf(const Given& given) {
  const std::string& limit = given.Text(kMoreLimit);
  const bool none = given.Has(kNoLimit);
  if (!limit.starts_with('+') && !none) return std::nullopt;
  const std::string option = none ? "--no-limit" : "--limit " + limit;
  if (none && !limit.empty()) {
    return Invalid("read --no-limit: it cannot be combined with --limit");
  }
  if (given.Text(kJob).empty()) {
    return Invalid(fmt::format("read {}: it is of a job that goes on", option), {},
                   "name the job with --job");
  }
  if (none) return std::uint64_t{0};
  TRY(const auto more, CountOf("--limit", limit.substr(1), 1, INT64_MAX, 0));
  if (more == 0) return Expected("--limit", limit, "a whole number after the +");
  return more;
}

Result<ExitCode> Run(const Given& given, const Program& program) {
  TRY(RunCommand command, RunCommandOf(given, std::nullopt, program.environment));
  const bool sure = given.Has(option::kPlanIsMeant) || given.Has(option::kDryRun);
  return ReplayHere(std::move(command), given.Has(option::kJsonEvents), sure, program);
}

}  // namespace

Result<RunCommand> RunCommandOf(const Given& given, std::optional<RetryRequest> retry,
                                const Environment& environment) {
  const Environment overlaid =
      Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", given.Text(option::kKafka)},
                            {"KAFKA_DESTINATIONS_TOPIC", given.Text(option::kTopic)},
                            {"DATABASE_URL", given.Text(option::kDatabase)},
                            {"REPROCESS_CREATE_TOPIC", given.Has(kCreateTopic) ? "true" : ""},
                            {"REPOSITORY_URL", given.Text(option::kRepositoryUrl)},
                            {"JOB_ID", given.Text(kJob)}});
  TRY(EnvironmentConfig config, LoadEnvironment(overlaid));
  RunCommand command;
  RunRequest& request = command.request;
  TRY(request.destination, DestinationAsked(given));
  TRY(request.given, GivenConfigOf(given));
  TRY(request.more_limit, MoreLimitOf(given));
  TRY(command.database_url, DatabaseUrlOf(given.Text(option::kDatabase), environment));
  TRY(const auto shards,
      CountOf(option::kShards.name, given.Text(option::kShards), 1, kMostShards, 0));
  request.shards = static_cast<int>(shards);
  if (!retry) request.paths = given.arguments;
  TRY(request.version_id, VersionOf(given.Text(option::kVersionId), request.paths));
  if (const std::string& manifest = given.Text(option::kManifest); !manifest.empty()) {
    TRY(request.manifest, ManifestOf(manifest, request.paths));
  }
  request.job_id = config.job_id;
  request.again = given.Has(kAgain);
  request.new_only = given.Has(option::kNewOnly);
  if (request.again && request.new_only) {
    return Invalid("read --new-only: it cannot be combined with --again");
  }
  request.retry = std::move(retry);
  if (!request.retry && request.paths.empty() && request.manifest.empty() &&
      request.job_id.empty()) {
    return Invalid("read arguments: no PATH to replay", {},
                   "name files or folders, a --manifest, or --job ID to go on with a job");
  }
  if (!request.retry && request.job_id.empty() && !request.destination &&
      config.kafka.brokers.empty()) {
    return Invalid("read arguments: no destination", {},
                   "give --kafka BROKERS --topic NAME, or --out DIR, or --dry-run");
  }
  const bool to_kafka = request.destination ? request.destination->kind == Destination::kKafka
                                            : !config.kafka.brokers.empty();
  // The worker's default is for the drop-in alone: nobody here means a topic that was not named.
  if (!request.retry && !overlaid("KAFKA_DESTINATIONS_TOPIC")) {
    config.kafka.topic.clear();
    if (to_kafka && request.job_id.empty()) {
      return Invalid("read arguments: no topic to send to", {},
                     "give --topic NAME, or set KAFKA_DESTINATIONS_TOPIC");
    }
  }
  TRY(request.narrow, NarrowOf(given, config, request.destination, environment));
  command.waits_for = WaitsFor(given, config.kafka);
  request.kafka = std::move(config.kafka);
  request.settings = config.settings;
  request.repository = config.repository;
  command.log_asked = environment("LOG_LEVEL").has_value() || config.log_format == LogFormat::kJson;
  if (command.log_asked) command.log_level = config.log_level;
  command.log_format = config.log_format;
  command.warnings = std::move(config.warnings);
  const auto again = [&](const Option& option, std::string_view variable) {
    return OptionText(option.name, given.Text(option), variable);
  };
  command.options = {again(option::kDatabase, "DATABASE_URL"),
                     again(option::kRepositoryUrl, "REPOSITORY_URL"),
                     again(option::kKafka, "KAFKA_BOOTSTRAP_SERVERS")};
  return command;
}

constinit const Command kRunCommand = {
    "run",
    "[PATH...]",
    "replay files here, each line exactly once",
    "Finds failover files at and below each PATH (.ndjson, .ndjson.gz, .ndjson.zst; a "
    "file named\nitself may have any name), shares them out over shards and replays "
    "them, oldest name first.\n\nFirst it looks at the target, the rights there, the filters "
    "and what earlier jobs have sent; on a\nterminal it shows what it found, and asks.\n\n"
    "The plan is stored with the job: the same --job goes "
    "on where it stopped. The environment\nvariables of reprocessing-worker are read "
    "too (KAFKA_*, DATABASE_URL, REPOSITORY_*,\nREPROCESS_*); options win.",
    kOptions,
    kExamples,
    Run};

}  // namespace reprocess
