#include "cli/completion.h"

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/database_option.h"
#include "cli/program.h"
#include "jobs/ask.h"

namespace reprocess {
namespace {

constexpr int kOfferedJobs = 50;

constexpr Example kExamples[] = {
    {"bash, for this session", "source <(reprocess completion bash)"},
    {"zsh, for good", "reprocess completion zsh > \"${fpath[1]}/_reprocess\""},
    {"fish, for good", "reprocess completion fish > ~/.config/fish/completions/reprocess.fish"}};

Result<ExitCode> Complete(const Given& given, const Program& program) {
  const std::string& shell = given.arguments.front();
  if (shell != "jobs") {  // what the scripts ask for
    TRY(const std::string script, CompletionScript(shell));
    Print(program.console.out, script);
    return ExitCode::kCompleted;
  }
  TRY(const auto queries, OpenQueries(given, program, Database::Use::kAsk));
  TRY(const auto jobs,
      ListJobs(*queries, {.most = kOfferedJobs}, Milliseconds(0), SystemClock().Wall()));
  for (const auto& job : jobs) Print(program.console.out, job.job.id + "\n");
  return ExitCode::kCompleted;
}

}  // namespace

constinit const Command kCompletionCommand = {"completion",
                                              "SHELL",
                                              "print a completion script: bash, zsh or fish",
                                              "Prints a script that completes commands, options, "
                                              "file names, and the ids of jobs: those that\n"
                                              "`reprocess completion jobs` prints, of the database "
                                              "that DATABASE_URL names or the one in your\n"
                                              "state folder.",
                                              {},
                                              kExamples,
                                              Complete,
                                              [] { return std::string("bash zsh fish"); }};

}  // namespace reprocess
