#include "jobs/open_books.h"

#include "base/log.h"
#include "base/patience.h"

namespace reprocess {

Result<std::unique_ptr<Books>> OpenBooksPatiently(const std::string& url, Milliseconds patience,
                                                  const std::stop_token& stop) {
  Clock& clock = SystemClock();
  const auto waiting = [](const std::string& why) {
    if (!why.empty()) Log(LogLevel::kInfo, "waiting", {{"why", why}});
  };
  return Patiently<std::unique_ptr<Books>>({clock, clock.Now() + patience, stop, waiting}, IsAway,
                                           [&] { return OpenBooks(url); });
}

}  // namespace reprocess
