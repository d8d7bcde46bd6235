// The one loop that waits for something outside and calls again.
//
//   threads    one at a time for each call
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace reprocess {

struct Patience {
  Clock& clock;
  SteadyTime deadline;
  std::stop_token stop;
  // Told the reason before each wait, and "" once the call has passed.
  std::function<void(const std::string& why)> waiting;
};

// Repeats `call`, with backoff, while it fails with an error that `heals`. Past the deadline that
// error is final (kStop, unless another owner is to blame); a stop request ends it with kStopped.
template <class T>
Result<T> Patiently(const Patience& patience, const std::function<bool(const Error&)>& heals,
                    const std::function<Result<T>()>& call) {
  Backoff backoff(Milliseconds(100), Milliseconds(2'000));
  for (bool waited = false;; waited = true) {
    Result<T> result = call();
    if (result || !heals(result.error())) {
      if (waited) patience.waiting("");
      return result;
    }
    if (patience.clock.Now() >= patience.deadline) {
      Error& error = result.error();
      if (error.remedy != Remedy::kFenced) error.remedy = Remedy::kStop;
      return result;
    }
    patience.waiting(result.error().what);
    if (!patience.clock.SleepFor(backoff.Next(), patience.stop)) {
      return Stopped("wait");
    }
  }
}

// Something outside is away: the same call may pass later.
inline bool IsTransient(const Error& error) {
  return error.remedy == Remedy::kWait;
}

}  // namespace reprocess
