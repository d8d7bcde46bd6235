#include "worker/await_database.h"

#include "base/log.h"

namespace reprocess {

void LogWaiting(const std::string& why) {
  if (!why.empty()) Log(LogLevel::kInfo, "waiting", {{"why", why}});
}

Patience PatienceWithDatabase(Clock& clock, Milliseconds most, const std::stop_token& stop) {
  return {clock, clock.Now() + most, stop, LogWaiting};
}

}  // namespace reprocess
