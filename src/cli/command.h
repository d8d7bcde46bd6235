// A command as one description: the parser (CLI11), the help and the completion are made from it, and
// it says what runs. Each is in a file of its own, commands/<name>.cc; cli/commands.h lists them.
//
//   lifetime   all of it is constant, and lives as long as the process
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"

namespace reprocess {

struct Program;

struct Option {
  std::string_view group, name, value, help;  // "How", "--from", "TIME"; without a value: a flag
  bool repeats = false;
  std::string (*choices)() = nullptr;  // of the value, where they are known, a space between them
};

// The words of one command, as they were given: the command checks and converts them.
class Given {
 public:
  bool Has(const Option& flag) const { return !Text(flag).empty(); }
  // Empty where it was not given, or the command does not have it.
  const std::string& Text(const Option& option) const;
  const std::vector<std::string>& All(const Option& option) const;
  // What has named a value: the option where it was given, else the variable.
  std::string_view NameOf(const Option& option, std::string_view variable) const;

  std::vector<std::string> arguments;
  std::map<std::string_view, std::vector<std::string>> options;  // by name
};

struct Example {
  std::string_view what, line;
};

struct Command {
  std::string_view name;
  std::string_view arguments;  // "", "JOB", "[PATH...]": brackets where they may be left out
  std::string_view summary;    // one line
  std::string_view description;
  std::span<const Option> options;
  std::span<const Example> examples;
  Result<ExitCode> (*run)(const Given& given, const Program& program);
  std::string (*choices)() = nullptr;  // of the argument, or of those behind a JOB

  bool takes_job() const { return arguments.starts_with("JOB") || arguments.starts_with("[JOB]"); }
  bool takes_files() const { return arguments.contains("PATH"); }
};

}  // namespace reprocess
