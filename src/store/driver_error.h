// What a failure of PostgreSQL or SQLite means for the caller: kWait where the server is away, busy or
// about to come back; kStop otherwise, kNotAuthorized with the GRANT that is missing.
#pragma once

#include <string_view>

#include "base/result.h"
#include "store/database_url.h"

namespace reprocess {

// What the server said of a statement. `state` is its SQLSTATE; class 08 where the connection broke.
Error PostgresError(const DatabaseUrl& url, std::string_view state, std::string_view message);

// What libpq said of a connection that it could not make: it gives no SQLSTATE.
Error ConnectError(const DatabaseUrl& url, std::string_view message);

// `result` is SQLite's code; `doing` a verb.
Error SqliteError(const DatabaseUrl& url, std::string_view doing, int result,
                  std::string_view message);

}  // namespace reprocess
