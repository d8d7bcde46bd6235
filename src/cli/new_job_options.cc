#include "cli/new_job_options.h"

#include <utility>

#include <fmt/format.h>

#include "cli/database_option.h"
#include "cli/job_options.h"
#include "cli/missing_options.h"
#include "cli/values.h"
#include "config/normal_path.h"
#include "config/surroundings.h"
#include "config/worker_config.h"

namespace reprocess {
namespace {

Result<PlanRequest> PlanRequestOf(const Given& given, const EnvironmentConfig& config,
                                  const Environment& environment) {
  if (given.Text(option::kJobLimit).starts_with('+')) {
    return Invalid("read --limit: +N is of a job that goes on", {}, "give --limit N");
  }
  PlanRequest plan;
  TRY(const auto asked, DestinationAsked(given));
  TRY(plan.destination, DestinationOfNewJob(asked, config.kafka));
  TRY(plan.given, GivenConfigOf(given));
  TRY(const auto workers,
      CountOf(option::kWorkers.name, given.Text(option::kWorkers), 1, kMostShards, 0));
  plan.shards = static_cast<int>(workers);
  plan.source.paths = given.arguments;
  TRY(plan.source.version_id, VersionOf(given.Text(option::kVersionId), plan.source.paths));
  TRY(plan.source.manifest, ManifestOf(given.Text(option::kManifest), plan.source.paths));
  plan.job_id = config.job_id;
  plan.new_only = given.Has(option::kNewOnly);
  TRY(plan.narrow, NarrowOf(given, config, plan.destination, environment));
  return plan;
}

}  // namespace

Result<std::optional<Destination>> DestinationAsked(const Given& given) {
  const std::string &brokers = given.Text(option::kKafka), &topic = given.Text(option::kTopic);
  const std::string& out = given.Text(option::kOut);
  const bool kafka = !brokers.empty() || !topic.empty(), dry_run = given.Has(option::kDryRun);
  if (!out.empty() && (kafka || dry_run)) {
    return Invalid(
        fmt::format("read --out: it cannot be combined with {}", dry_run           ? "--dry-run"
                                                                 : brokers.empty() ? "--topic"
                                                                                   : "--kafka"),
        {}, "give one destination: --kafka with --topic, or --out, or --dry-run");
  }
  if (dry_run) return Destination{Destination::kNone, {}, {}, {}};
  if (!out.empty()) return Destination{Destination::kFiles, {}, {}, NormalPath(out)};
  if (kafka) return Destination{Destination::kKafka, brokers, topic, {}};
  return std::nullopt;
}

std::array<std::string, 4> WaitsFor(const Given& given, const KafkaSettings& kafka) {
  return {DatabaseInWords(given), "the list of files below PATH", KafkaInWords(given, kafka),
          fmt::format("the streams repository ({})",
                      given.NameOf(option::kRepositoryUrl, "REPOSITORY_URL"))};
}

std::function<void(Step)> TellSteps(Silence& silence, std::array<std::string, 4> waits_for) {
  return [&silence, waits_for = std::move(waits_for)](Step step) {
    silence.Begin(waits_for.at(static_cast<std::size_t>(step)));
  };
}

Result<EnvironmentConfig> NewJobsConfigOf(const Given& given, const Environment& environment) {
  const Environment overlaid =
      Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", given.Text(option::kKafka)},
                            {"KAFKA_DESTINATIONS_TOPIC", given.Text(option::kTopic)},
                            {"DATABASE_URL", given.Text(option::kDatabase)},
                            {"REPOSITORY_URL", given.Text(option::kRepositoryUrl)},
                            {"JOB_ID", given.Text(option::kNewJob)}});
  TRY(EnvironmentConfig config, LoadEnvironment(overlaid));
  // The worker's default is for the drop-in alone: nobody here means a topic that was not named.
  if (!overlaid("KAFKA_DESTINATIONS_TOPIC")) config.kafka.topic.clear();
  return config;
}

Result<PlanCommand> PlanCommandOf(const Given& given, const Environment& environment) {
  PlanCommand command;
  TRY(EnvironmentConfig config, NewJobsConfigOf(given, environment));
  TRY(command.request.plan, PlanRequestOf(given, config, environment));
  command.request.settings = config.settings;
  command.request.repository = std::move(config.repository);
  command.waits_for = WaitsFor(given, config.kafka);
  TRY(command.database_url, DatabaseUrlOf(given.Text(option::kDatabase), environment));
  command.warnings = std::move(config.warnings);
  command.options = {
      DatabaseText(given),
      OptionText(option::kRepositoryUrl.name, given.Text(option::kRepositoryUrl), "REPOSITORY_URL"),
      {}};
  return command;
}

}  // namespace reprocess
