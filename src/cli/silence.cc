#include "cli/silence.h"

#include <cstdint>
#include <stop_token>
#include <utility>

#include "base/clock.h"

namespace reprocess {

Silence::Silence(const Console& console)
    : console_(console), thread_([this](const std::stop_token& stop) { Loop(stop); }) {}

void Silence::Begin(std::string what) {
  const std::scoped_lock lock(mutex_);
  what_ = std::move(what);
  ++turn_;
  wake_.notify_all();
}

void Silence::Loop(const std::stop_token& stop) {
  constexpr Milliseconds kLong{2'000};
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::uint64_t turn = turn_;
    const auto another = [&] { return turn_ != turn; };
    if (what_.empty()) {
      wake_.wait(lock, stop, another);
    } else if (!wake_.wait_for(lock, stop, kLong, another) && !stop.stop_requested()) {
      Tell(console_, "waiting for " + std::exchange(what_, {}) + "; Ctrl-C ends it");
    }
  }
}

}  // namespace reprocess
