#include "apps/signals.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace reprocess {
namespace {

constexpr int kStopped = 4;
constexpr Milliseconds kToSay{1'000};

struct Stopping {
  std::stop_source source;
  std::binary_semaphore asked{0};
};

// Whether one of `signals` came.
bool AwaitSignal(const sigset_t& signals, Milliseconds within) {
  const SteadyTime deadline = SystemClock().Now() + within;
  for (;;) {
    const auto left = std::max(SteadyTime::duration::zero(), deadline - SystemClock().Now());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec wait{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
    if (sigtimedwait(&signals, nullptr, &wait) > 0) return true;
    if (errno == EAGAIN) return false;
  }
}

}  // namespace

void EndProcess(const std::function<void(const std::string&)>& say, const std::string& why,
                int code) {
  const auto said = std::make_shared<std::binary_semaphore>(0);  // shared with what may hang
  try {
    std::thread([say, why, said] {
      say(why);
      said->release();
    }).detach();
    (void)said->try_acquire_for(kToSay);
  } catch (const std::system_error&) {
    // No thread is to be had: it ends without a word.
  }
  _exit(code);
}

std::stop_token StopOnSignals(Milliseconds within, std::function<void(const std::string&)> say) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  // Shared with two threads that nobody joins.
  const auto stopping = std::make_shared<Stopping>();
  // Who is told of the stop may hang.
  std::thread([stopping] {
    stopping->asked.acquire();
    stopping->source.request_stop();
  }).detach();
  std::thread([stopping, within, ours, say = std::move(say)] {
    int number = 0;
    sigwait(&ours, &number);
    stopping->asked.release();
    if (AwaitSignal(ours, within)) _exit(kStopped);
    EndProcess(
        say,
        fmt::format("stop: not done {} ms after the signal, ending at once: what is committed is "
                    "safe, and the same command goes on from it",
                    within.count()),
        kStopped);
  }).detach();
  return stopping->source.get_token();
}

}  // namespace reprocess
