#include "apps/signals.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <semaphore>
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
  std::binary_semaphore asked{0}, late{0}, said{0};
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

std::stop_token StopOnSignals(Milliseconds within, std::function<void(const std::string&)> say) {
  signal(SIGPIPE, SIG_IGN);
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  // Shared with two threads that nobody joins.
  const auto stopping = std::make_shared<Stopping>();
  // Makes the calls that may hang.
  std::thread([stopping, within, say = std::move(say)] {
    stopping->asked.acquire();
    stopping->source.request_stop();
    stopping->late.acquire();
    say(
        fmt::format("stop: not done {} ms after the signal, ending at once: what is committed is "
                    "safe, and the same command goes on from it",
                    within.count()));
    stopping->said.release();
  }).detach();
  // Makes none.
  std::thread([stopping, within, ours] {
    int number = 0;
    sigwait(&ours, &number);
    stopping->asked.release();
    if (!AwaitSignal(ours, within)) {
      stopping->late.release();
      (void)stopping->said.try_acquire_for(kToSay);
    }
    _exit(kStopped);
  }).detach();
  return stopping->source.get_token();
}

}  // namespace reprocess
