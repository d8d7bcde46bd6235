#include <csignal>
#include <cstdio>
#include <stop_token>
#include <string_view>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "jobs/run_shard.h"

namespace {

// The first SIGTERM or SIGINT drains, the second ends the process at once.
void WatchSignals(const sigset_t& signals, std::stop_source stop) {
  int signal = 0;
  sigwait(&signals, &signal);
  stop.request_stop();
  sigwait(&signals, &signal);
  _exit(static_cast<int>(reprocess::ExitCode::kStopped));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    const std::string_view argument = argv[1];
    if (argument == "--version") return std::puts("reprocessing-worker " REPROCESS_VERSION) < 0;
    if (argument == "--help") {
      return std::puts(
                 "reprocessing-worker: replays its share of a job; driven by environment and "
                 "mounted files alone (README.md)") < 0;
    }
    std::fprintf(stderr, "error: reprocessing-worker takes no arguments\n");
    return static_cast<int>(reprocess::ExitCode::kFatal);
  }
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::thread(WatchSignals, signals, stop).detach();
  return static_cast<int>(reprocess::RunWorker(reprocess::ProcessEnvironment(), stop.get_token()));
}
