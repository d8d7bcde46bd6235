// The database at a shard's start and end, waited for.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/patience.h"
#include "status/database.h"

namespace reprocess {

// Up to `most`; logs what is waited for.
Patience PatienceWithDatabase(Milliseconds most, const std::stop_token& stop);

// Repeats `call` so while the database is away.
template <class T>
Result<T> AwaitDatabase(Milliseconds most, const std::stop_token& stop,
                        const std::function<Result<T>()>& call) {
  return Patiently<T>(PatienceWithDatabase(most, stop), IsAway, call);
}

// Opens the books so.
Result<std::unique_ptr<Books>> OpenBooksPatiently(const std::string& url, Milliseconds most,
                                                  const std::stop_token& stop);

}  // namespace reprocess
