// A connection to PostgreSQL; postgres.cc is the one file that knows libpq.
//
//   hangs      a statement that is not answered within url.statement_limit and 5 s (the server
//              itself gives up at the former) is an error with kWait and Code kTimedOut. The thread
//              that called is the one that waited: nothing is left behind that runs later
//   settings   hold in a transaction alone (SET LOCAL) and are named in each: limits of time, the
//              schemas of the URL. Nothing rests on the session, so that a pooler may give each
//              transaction another server connection, and nobody finds our settings in one
//   sent late  only statements of a transaction whose COMMIT is not sent yet can be left without an
//              answer and take no effect; a COMMIT is sent when all before it is answered. So a
//              transaction whose COMMIT was not answered holds the locks of all rows that it wrote,
//              and whoever writes them again waits until it has ended: an older write never
//              overtakes a newer one
#pragma once

#include <memory>

#include "store/connection.h"
#include "store/database_url.h"

namespace reprocess {

// kWait while the server is away. A host that does not answer is given up after connect_timeout.
Result<std::unique_ptr<Connection>> ConnectPostgres(const DatabaseUrl& url);

}  // namespace reprocess
