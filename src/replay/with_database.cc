#include "replay/with_database.h"

#include "base/patience.h"

namespace reprocess {

Result<void> WithDatabase(const Ports& ports, const Settings& settings, const std::stop_token& stop,
                          const std::function<Result<void>()>& store) {
  const auto waiting = [&](const std::string& why) {
    ports.observer.Waiting(why.empty() ? why : "database: " + why);
  };
  const SteadyTime deadline = ports.clock.Now() + settings.database_timeout;
  Result<void> stored = Patiently<void>({ports.clock, deadline, stop, waiting}, IsTransient, store);
  if (!stored && stored.error().hint.empty() && stored.error().remedy == Remedy::kStop) {
    stored.error().hint = "the checkpoint is intact: a restart goes on from it";
  }
  return stored;
}

}  // namespace reprocess
