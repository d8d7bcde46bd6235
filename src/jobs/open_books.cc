#include "jobs/open_books.h"

#include "base/log.h"

namespace reprocess {

Patience PatienceWithDatabase(Milliseconds most, const std::stop_token& stop) {
  Clock& clock = SystemClock();
  return {clock, clock.Now() + most, stop, [](const std::string& why) {
            if (!why.empty()) Log(LogLevel::kInfo, "waiting", {{"why", why}});
          }};
}

Result<std::unique_ptr<Books>> OpenBooksPatiently(const std::string& url, Milliseconds most,
                                                  const std::stop_token& stop) {
  return AwaitDatabase<std::unique_ptr<Books>>(most, stop, [&] { return OpenBooks(url); });
}

}  // namespace reprocess
