// Signals as a stop token: the first SIGTERM or SIGINT asks to stop, the second ends the process
// with exit code 4, SIGPIPE is ignored.
#pragma once

#include <stop_token>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace reprocess {

// Call before any other thread is started: they inherit that these signals are not theirs.
inline std::stop_token StopOnSignals() {
  constexpr int kStopped = 4;
  signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  std::stop_source stop;
  // Waits for as long as the process lives.
  std::thread([ours, stop]() mutable {
    int number = 0;
    sigwait(&ours, &number);
    stop.request_stop();
    sigwait(&ours, &number);
    _exit(kStopped);
  }).detach();
  return stop.get_token();
}

}  // namespace reprocess
