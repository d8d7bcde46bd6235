// The books in PostgreSQL or SQLite, one statement of each query for both .
//
//   url        postgresql://… or postgres://… ; search_path= or schema= in its query selects the
//              schema (stripped before libpq sees it, the identifier quoted);
//              statement_timeout=, milliseconds, is 10,000 where it is not given.
//              sqlite:///absolute/path.db, or a path ending .db or .sqlite
//   schema     contract section 6 and docs/tables.md; made when missing, safe when 100 workers
//              start at once (advisory lock), and no error when the user may not create tables:
//              then Available() and Durable() are false, SumOfFiles and CountErrorRows give zeros,
//              and failed files are kept in memory; or, where even the contract's tables are
//              missing, an error that prints the DDL
//   threads    any; each store object serialises its calls on one connection of its own and opens
//              it again after a loss. A statement or lock that takes 10 s, and an answer that takes 5 s
//              more, is an error with kWait
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/books.h"
#include "model/job_config.h"

namespace reprocess {

// All four stores on one connection.
class Books : public ShardStore, public Ledger, public ControlStore, public StatusStore {};

// Connects (kWait while the server is away; the caller decides how long) and sees to the schema.
Result<std::unique_ptr<Books>> OpenBooks(const std::string& url);

// A second connection to the same database, for the reporter: the schema is there.
Result<std::unique_ptr<Books>> OpenBooksAgain(const std::string& url);

// The statements that make every table, for an operator with the right to run them.
std::string SchemaDdl();

}  // namespace reprocess
