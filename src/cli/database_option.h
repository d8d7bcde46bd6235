// Where the job is that a command is about: its database, and the Kafka of its records.
#pragma once

#include <memory>
#include <string>

#include "base/environment.h"
#include "cli/command.h"
#include "cli/next_steps.h"
#include "config/worker_config.h"
#include "store/database.h"

namespace reprocess {

struct Program;

// --database, else DATABASE_URL, else SQLite in $XDG_STATE_HOME or ~/.local/state.
Result<std::string> DatabaseUrlOf(const std::string& option, const Environment& environment);

// All tell what they wait for once that lasts. Of `url` where the command goes by other variables too.
Result<std::unique_ptr<Database>> OpenDatabase(const std::string& url, const Given& given,
                                               const Program& program, Database::Use use);
Result<std::unique_ptr<Database>> OpenDatabase(const Given& given, const Program& program,
                                               Database::Use use);
Result<std::unique_ptr<Queries>> OpenQueries(const Given& given, const Program& program,
                                             Database::Use use);

// What is waited for, in the words of the option or variable that named it.
std::string DatabaseInWords(const Given& given);
std::string KafkaInWords(const Given& given, const KafkaSettings& kafka);

// The option as it was given, for a command that is to be pasted: " --database URL", or empty.
std::string DatabaseText(const Given& given);

// Of a command that shows a job, which has no option for the repository: where the environment names none
// either, whoever goes on with the job has to.
JobOptions JobOptionsOf(const Given& given, const EnvironmentConfig& config);

// The environment, with --kafka and --topic where they are given.
Result<EnvironmentConfig> LoadWithJobsKafka(const Given& given, const Environment& environment);

}  // namespace reprocess
