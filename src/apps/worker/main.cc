// reprocessing-worker: the pod. Environment and mounted files say everything.
#include <cstdio>
#include <string>
#include <string_view>

#include "apps/signals.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/worker_config.h"
#include "model/outcome.h"
#include "worker/run_shard.h"

namespace {

constexpr const char* kHelp =
    "Usage: reprocessing-worker\n\n"
    "Replays one shard of a job into Kafka. It takes no arguments: environment variables\n"
    "(JOB_ID, WORKER_INDEX, TOTAL_WORKERS, DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS, ...) and the\n"
    "files /config/files/files.json and /config/job/config.json (below REPROCESS_CONFIG_DIR\n"
    "instead of /config when that is set) say everything.\n\n"
    "Options:\n"
    "  --help     show this\n"
    "  --version  show the version\n\n"
    "Exit codes: 0 completed, 1 failed, 2 finished but some files failed (only with\n"
    "REPROCESS_FAILED_FILES_EXIT=2, else 0), 3 another worker has the shard, 4 stopped by a\n"
    "signal with work left.\n";

void Say(const std::string& text) {
  reprocess::Log(reprocess::LogLevel::kError, text);
}

void Fail(const std::string& why) {
  reprocess::EndProcess(Say, why, reprocess::ExitCodeOf(reprocess::Outcome::kFailed));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts("reprocessing-worker " REPROCESS_VERSION);
    return 0;
  }
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(kHelp, stdout);
    return 0;
  }
  if (argc > 1) {
    std::fprintf(stderr,
                 "error: read arguments: unexpected argument %s\n"
                 "  hint: the worker takes its settings from the environment; see --help\n",
                 argv[1]);
    return 1;
  }
  const reprocess::Environment environment = reprocess::ProcessEnvironment();
  const std::stop_token stop = reprocess::StopOnSignals(reprocess::StopTimeout(environment), Say);
  return reprocess::ExitCodeOf(reprocess::RunWorker(environment, reprocess::ProcessVariableNames(),
                                                    reprocess::SystemClock(), Fail, stop));
}
