// What a failure of SOCI, libpq or SQLite means for the caller.
#pragma once

#include <exception>

#include "base/result.h"
#include "status/database_url.h"

namespace reprocess {

// kWait where the server is away, busy or about to come back; kStop otherwise, kNotAuthorized with
// the GRANT that is missing.
Error ErrorOf(const std::exception& thrown, const DatabaseUrl& url);

// The part of it that reads SQLite's result code: sets remedy, code and hint.
void ExplainSqlite(Error& error, int result);

}  // namespace reprocess
