// A connection to a SQLite file; sqlite.cc is the one file that knows SQLite's library.
#pragma once

#include <memory>

#include "store/connection.h"
#include "store/database_url.h"

namespace reprocess {

// Makes the file where there is none, and its folder too. A lock is waited for 10 s.
Result<std::unique_ptr<Connection>> OpenSqlite(const DatabaseUrl& url);

}  // namespace reprocess
