#include "cli/database_option.h"

#include <fmt/format.h>

#include "cli/options.h"
#include "cli/program.h"
#include "cli/silence.h"
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

Result<std::unique_ptr<Database>> OpenDatabase(const std::string& url, const Given& given,
                                               const Program& program, Database::Use use) {
  Silence silence(program.console);
  silence.Begin(DatabaseInWords(given));
  return Database::Open(url, use);
}

Result<std::unique_ptr<Database>> OpenDatabase(const Given& given, const Program& program,
                                               Database::Use use) {
  TRY(const std::string url, DatabaseUrlOf(given.Text(option::kDatabase), program.environment));
  return OpenDatabase(url, given, program, use);
}

Result<std::unique_ptr<Queries>> OpenQueries(const Given& given, const Program& program,
                                             Database::Use use) {
  TRY(const auto database, OpenDatabase(given, program, use));
  return database->NewQueries();
}

std::string DatabaseInWords(const Given& given) {
  return fmt::format("the database ({})", given.NameOf(option::kDatabase, "DATABASE_URL"));
}

std::string KafkaInWords(const Given& given, const KafkaSettings& kafka) {
  if (kafka.brokers.empty()) return "Kafka, at the brokers of the job's plan";
  return fmt::format("Kafka at {} ({})", kafka.brokers,
                     given.NameOf(option::kJobsKafka, "KAFKA_BOOTSTRAP_SERVERS"));
}

Result<EnvironmentConfig> LoadWithJobsKafka(const Given& given, const Environment& environment) {
  return LoadEnvironment(
      Overlay(environment, {{"KAFKA_BOOTSTRAP_SERVERS", given.Text(option::kJobsKafka)},
                            {"KAFKA_DESTINATIONS_TOPIC", given.Text(option::kJobsTopic)}}));
}

}  // namespace reprocess
