// reprocess: the operator's command.
#include <string>
#include <vector>

#include "apps/signals.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  const reprocess::Program program{REPROCESS_VERSION,
                                   reprocess::ProcessEnvironment(),
                                   reprocess::ProcessVariableNames(),
                                   {},
                                   reprocess::StopOnSignals};
  return reprocess::RunProgram(program, std::vector<std::string>(argv + 1, argv + argc));
}
