// reprocess: the operator's command.
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include "apps/memory.h"
#include "apps/signals.h"
#include "base/log.h"
#include "cli/program.h"
#include "config/worker_config.h"
#include "model/outcome.h"

namespace {

// On a terminal, where bars may be in place of a log, to the person in front of it.
void Say(const std::string& text) {
  if (isatty(STDERR_FILENO) == 0) return reprocess::Log(reprocess::LogLevel::kError, text);
  std::fprintf(stderr, "\nerror: %s\n", text.c_str());
}

void Fail(const std::string& why) {
  reprocess::EndProcess(Say, why, reprocess::ExitCodeOf(reprocess::Outcome::kFailed));
}

}  // namespace

int main(int argc, char** argv) {
  const reprocess::Environment environment = reprocess::ProcessEnvironment();
  const reprocess::Program program{
      REPROCESS_VERSION,
      environment,
      reprocess::ProcessVariableNames(),
      {},
      [&] { return reprocess::StopOnSignals(reprocess::StopTimeout(environment), Say); },
      Fail,
      reprocess::KeepFreedMemory};
  return reprocess::RunProgram(program, std::vector<std::string>(argv + 1, argv + argc));
}
