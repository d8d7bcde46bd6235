// The commands with where their values go: what arguments.cc makes CLI11's parser from.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.h"

namespace reprocess {

using Place = std::variant<std::string*, std::vector<std::string>*, bool*>;

struct CommandSpec {
  CommandHelp help;
  std::vector<Place> options;  // of help.options, one each
  std::variant<std::monostate, std::string*, std::vector<std::string>*> argument;
  bool argument_required = false;
};

// Storage for every command's values; the parser fills those of one.
struct AllArguments {
  RunArguments run;
  InspectArguments inspect;
  StatusArguments status;
  ErrorsArguments errors;
  ResetArguments reset;
  SetArguments set;
  PauseArguments pause;
  ResumeArguments resume;
  VerifyArguments verify;
  RetryArguments retry;
  CompletionArguments completion;
};

std::vector<CommandSpec> CommandsInto(AllArguments& all);

}  // namespace reprocess
