#include "cli/database_option.h"

#include "cli/options.h"
#include "cli/values.h"
#include "config/surroundings.h"

namespace reprocess {

Result<std::string> DatabaseUrlOf(const std::string& option, const Environment& environment) {
  const Environment overlaid = Overlay(environment, {{"DATABASE_URL", option}});
  TRY(const EnvironmentConfig config, LoadEnvironment(overlaid));
  if (!config.database_url.empty()) return config.database_url;
  TRY(const std::string folder,
      UsersStateFolder(environment, "name a database with --database or DATABASE_URL"));
  return "sqlite://" + folder + "/reprocess.db";
}

std::string DatabaseText(const Given& given) {
  return OptionText(option::kDatabase.name, given.Text(option::kDatabase), "DATABASE_URL");
}

JobOptions JobOptionsOf(const Given& given, const EnvironmentConfig& config) {
  return {.database = DatabaseText(given),
          .repository = config.repository.url.empty() ? kRepositoryByName : ""};
}

Result<std::unique_ptr<Queries>> OpenQueries(const Given& given, const Environment& environment,
                                             Database::Use use) {
  TRY(const std::string url, DatabaseUrlOf(given.Text(option::kDatabase), environment));
  TRY(const auto database, Database::Open(url, use));
  return database->NewQueries();
}

Result<EnvironmentConfig> LoadWithJobsKafka(const Given& given, const Environment& environment) {
  return LoadEnvironment(
      Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", given.Text(option::kJobsKafka)},
                            {"KAFKA_DESTINATIONS_TOPIC", given.Text(option::kJobsTopic)}}));
}

}  // namespace reprocess
