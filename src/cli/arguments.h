// The command line as plain data. One description of each command serves parsing (CLI11), help and
// shell completion.
//
//   values     are kept as the text that was given; cli/requests.h checks and converts them
//   errors     unknown commands and options, missing values: with the nearest name as hint
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace reprocess {

struct FilterArguments {
  std::string from, to;
  std::vector<std::string> streams, connections;
};

struct ThrottleArguments {
  std::string max_messages_per_second, max_bytes_per_second, max_consumer_lag;
  std::vector<std::string> lag_groups;
};

struct RunArguments {
  std::vector<std::string> paths;
  FilterArguments filter;
  std::string version_id, limit, start_file, start_line, shards;
  bool dry_run = false, no_limit = false, create_topic = false;
  std::string kafka, topic, out;
  std::string database, job, delivery, max_errors, repository_url;
  ThrottleArguments throttle;
  bool again = false, new_only = false, yes = false, json = false;
};

struct RetryArguments {
  std::vector<std::string> words;  // the job, then the folder of repaired files
  std::string reason;
  std::vector<std::string> moved;
  bool failed_lines = false, failed_files = false, repaired = false;
  RunArguments run;  // what a retry may say of how it runs
  bool json = false;
};

struct InspectArguments {
  std::vector<std::string> paths;
  FilterArguments filter;
  std::string version_id, samples, repository_url;
  bool json = false;
};

struct StatusArguments {
  std::string job, limit, database;
  bool exit_status = false, json = false;
};

struct ErrorsArguments {
  std::string job, reason, limit, database;
  bool raw = false, json = false;
};

struct ResetArguments {
  std::string job, shard, kafka, topic, database;
  bool yes = false, json = false;
};

struct SetArguments {
  std::vector<std::string> words;  // the job, then KEY=VALUE
  std::string database;
  bool json = false;
};

// `pause` and `resume`.
struct HoldArguments {
  std::string job, database;
  bool json = false;
};
struct PauseArguments : HoldArguments {};
struct ResumeArguments : HoldArguments {};

struct VerifyArguments {
  std::string job, memory, limit, kafka, topic, database;
  bool counts = false, json = false;
};

struct CompletionArguments {
  std::string shell;  // or "jobs": what the scripts ask for
};

struct SchemaArguments {};
struct VersionArguments {};
struct HelpArguments {
  std::string command;  // empty: of the program
};

using Arguments =
    std::variant<HelpArguments, VersionArguments, RunArguments, InspectArguments, StatusArguments,
                 ErrorsArguments, ResetArguments, VerifyArguments, RetryArguments, SetArguments,
                 PauseArguments, ResumeArguments, SchemaArguments, CompletionArguments>;

// `words`: without the program's name.
Result<Arguments> ParseArguments(const std::vector<std::string>& words);

// What help and completion need to know of the commands, in the order of the help text.
struct OptionHelp {
  std::string name;   // "--from"
  std::string value;  // "TIME"; empty for a flag
  std::string help;
  std::string group;
  std::vector<std::string> choices;  // of the value, where they are known
};
struct CommandHelp {
  std::string name, arguments;       // "run", "PATH..."
  std::string summary;               // one line
  std::string description;           // paragraphs
  std::vector<std::string> choices;  // of the argument (behind a JOB of those that follow)
  bool takes_files = false;
  std::vector<OptionHelp> options;
  std::vector<std::pair<std::string, std::string>> examples;  // what it does, command line
};
std::vector<CommandHelp> DescribeCommands();

}  // namespace reprocess
