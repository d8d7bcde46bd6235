// The database at a shard's start and end, waited for.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/patience.h"
#include "store/database.h"

namespace reprocess {

// For what is waited for; "" says nothing.
void LogWaiting(const std::string& why);

// Up to `most`; logs what is waited for.
Patience PatienceWithDatabase(Clock& clock, Milliseconds most, const std::stop_token& stop);

// Repeats `call` so while the database is away.
template <class T>
Result<T> AwaitDatabase(Clock& clock, Milliseconds most, const std::stop_token& stop,
                        const std::function<Result<T>()>& call) {
  return Patiently<T>(PatienceWithDatabase(clock, most, stop), IsTransient, call);
}

}  // namespace reprocess
