// A row that must be stored before the replay may go on.
#pragma once

#include <functional>
#include <stop_token>

#include "base/result.h"
#include "model/settings.h"
#include "replay/replay.h"

namespace reprocess {

// Calls `store` again while the database is away, up to database_timeout.
Result<void> WithDatabase(const Ports& ports, const Settings& settings, const std::stop_token& stop,
                          const std::function<Result<void>()>& store);

}  // namespace reprocess
