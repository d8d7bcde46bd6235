// The database of a shard, waited for.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "status/database.h"

namespace reprocess {

// Opens the books, waiting up to `patience` for a database that is away.
Result<std::unique_ptr<Books>> OpenBooksPatiently(const std::string& url, Milliseconds patience,
                                                  const std::stop_token& stop);

}  // namespace reprocess
