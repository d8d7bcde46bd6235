// The tables: what exists, and making what is missing.
#pragma once

#include <string>

#include "base/result.h"
#include "store/session.h"

namespace reprocess {

struct Schema {
  bool contract = false;     // reprocessing_jobs and _workers
  bool own_tables = false;   // reprocessing_shards, _files and _errors
  bool guard = false;        // reprocessing_workers has our column `generation`
  bool controls = false;     // reprocessing_controls
  bool prints = false;       // reprocessing_prints
  bool throttle = false;     // reprocessing_shards has the column `throttle`
  bool ranges = false;       // reprocessing_files has the column `item_ranges`; written by all
  bool prefix_hash = false;  // … and `prefix_hash`; written by all
  bool signs = false;        // reprocessing_shards has `stopped_at` and `stored_bytes`
  bool max_errors = false;   // reprocessing_controls has the column `max_errors`
  bool key_path = false;     // … and `key_path`; written by all
};

// A right to create tables is missing: kNotAuthorized, and the statements to run as the hint.
Error NoTables(std::string what);

// Whether a right is missing that others may have.
bool Denied(const Error& error);

// A transaction in which no other process makes or mends tables.
Result<void> Alone(Session& session, const std::function<Result<void>()>& work);

// What is there.
struct Found {
  bool jobs = false, workers = false;
  Schema schema;
};
Result<Found> Inspect(Session& session);

// Makes what is missing, as far as the user may. An error with the statements to run when the
// contract's tables are missing and cannot be made.
Result<Schema> EnsureSchema(Session& session);

}  // namespace reprocess
