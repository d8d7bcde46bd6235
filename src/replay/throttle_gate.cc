#include "replay/throttle_gate.h"

#include <algorithm>

namespace reprocess {
namespace {

constexpr Milliseconds kSlice{100};
// A rate holds nearly every transaction, for a moment: it is over when none was held for so long.
constexpr Milliseconds kRateIsOver{10'000};

}  // namespace

Result<Governor::Answer> ThrottleGate::Pass(const std::function<Result<void>(Hold)>& meanwhile,
                                            const std::stop_token& stop) {
  if (ports_.throttle == nullptr) return Governor::Answer{};
  for (;;) {
    governor_.Follow(ports_.throttle->Inputs());
    const Governor::Answer answer = governor_.Ask();
    if (answer.hold == Hold::kNone) {
      const bool slowed =
          told_.hold == Hold::kRate && ports_.clock.Now() - slowed_at_ < kRateIsOver;
      Tell(slowed ? Hold::kRate : Hold::kNone);
      return answer;
    }
    TRY_OK(meanwhile(answer.hold));
    if (answer.hold == Hold::kRate) slowed_at_ = ports_.clock.Now();
    Tell(answer.hold);
    const Milliseconds wait = answer.wait > Milliseconds{0} ? answer.wait : kSlice;
    if (!ports_.clock.SleepFor(std::min(wait, kSlice), stop)) {
      return Stopped("deliver");
    }
  }
}

void ThrottleGate::Committed(std::uint64_t records, std::uint64_t bytes,
                             Milliseconds broker_throttle) {
  governor_.Committed(records, bytes);
  broker_throttle_ = broker_throttle;
}

void ThrottleGate::Tell(Hold hold) {
  ThrottleState state = governor_.StateOf(hold);
  state.broker_throttle = broker_throttle_;
  if (state == told_) return;
  told_ = std::move(state);
  ports_.observer.Throttled(told_);
}

}  // namespace reprocess
