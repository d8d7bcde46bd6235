#include "cli/program.h"

#include "base/log.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/parse.h"

namespace reprocess {

int RunProgram(const Program& given, const std::vector<std::string>& words) {
  Program program = given;
  const LogChoice log = LogChoiceOf(program.environment);
  program.console.log = log.format;
  if (log.format == LogFormat::kJson) SetUpLog(log.level, log.format, {});
  const auto asked = Parse(words);
  if (!asked) {
    PrintError(program.console, asked.error(), false);
    return static_cast<int>(ExitCode::kFatal);
  }
  if (asked->what != Asked::For::kCommand) {
    const bool help = asked->what == Asked::For::kHelp;
    Print(program.console.out,
          help ? HelpText(asked->command) : "reprocess " + program.version + "\n");
    return static_cast<int>(ExitCode::kCompleted);
  }
  const auto exit = asked->command->run(asked->given, program);
  if (exit) return static_cast<int>(*exit);
  PrintError(program.console, exit.error(), asked->given.Has(option::kJson));
  return static_cast<int>(exit.error().code == Code::kStopped ? ExitCode::kStopped
                                                              : ExitCode::kFatal);
}

}  // namespace reprocess
