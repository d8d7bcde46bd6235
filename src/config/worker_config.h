// Everything a worker must know before line 1, checked whole: environment and mounted files.
//
//   errors     kInvalid: one message for all that is wrong ("check configuration: 3 problems",
//              then a line each), naming file or variable, key, value and what is expected. Secrets
//              are never part of a message
//   values     white space around a variable's value is dropped
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/environment.h"
#include "base/log.h"
#include "base/result.h"
#include "config/file_list.h"
#include "config/repository.h"
#include "config/stored_list.h"
#include "model/job_config.h"
#include "model/settings.h"

namespace reprocess {

Environment ProcessEnvironment();
std::vector<std::string> ProcessVariableNames();

// A misspelt name of ours (REPROCESS_…) is an error that says which one may have been meant. Other
// names pass: those that are far from ours, Kubernetes' links to services, what the operator's
// service reads.
Result<void> CheckVariableNames(const std::vector<std::string>& names);

// What the environment says, without the mounted files.
struct EnvironmentConfig {
  std::string job_id;     // required by the worker
  int worker_index = -1;  // WORKER_INDEX, else JOB_COMPLETION_INDEX
  std::optional<int> total_workers;
  std::string database_url;
  KafkaSettings kafka;  // brokers may be empty: a dry run needs none
  RepositoryAccess repository;
  std::string config_dir = "/config";
  bool failed_files_exit_2 = false;  // REPROCESS_FAILED_FILES_EXIT=2
  Settings settings;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::vector<std::string> warnings;  // to be logged once logging is set up
};

// Checks form and range of every variable that is set. Which ones must be there, and whether the
// index is below the total, is the caller's.
Result<EnvironmentConfig> LoadEnvironment(const Environment& environment);

// LOG_LEVEL and LOG_FORMAT of an environment that may be wrong elsewhere, so that its problems can
// be logged as it asks.
struct LogChoice {
  LogLevel level;
  LogFormat format;
};
LogChoice LogChoiceOf(const Environment& environment);

// Settings::stop_timeout of an environment that may be wrong elsewhere.
Milliseconds StopTimeout(const Environment& environment);

// Reads config.json. Unknown keys that are not `others` are named in `warnings`, with the known ones
// that they may have meant. `where` names the file in messages.
Result<JobConfig> ParseJobConfig(std::string_view text, std::string_view where,
                                 std::vector<std::string>& warnings,
                                 std::span<const std::string_view> others = {});

// Reads files.json, which is plain or gzip by its content. The same path and version_id twice is an
// error that names both positions, which count from 0.
Result<std::vector<FileItem>> ParseFileList(std::string_view text, std::string_view where,
                                            std::vector<std::string>& warnings);

struct WorkerConfig {
  EnvironmentConfig environment;
  JobConfig job;
  FileList files;  // the whole list; none where it is in the database
  std::optional<StoredList> stored_list{};
};

// The worker's environment and both mounted files, with every rule of contract section 2 that does
// not need the database: all that is wrong comes in one error. `names`: of all variables that are
// set, as CheckVariableNames takes them.
Result<WorkerConfig> LoadWorkerConfig(const Environment& environment,
                                      const std::vector<std::string>& names);

}  // namespace reprocess
