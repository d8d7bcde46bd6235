// A database of jobs in PostgreSQL or SQLite: opened once, its schema seen to once; it hands out what
// workers write (WorkerStore), what an operator asks and changes (Queries), which jobs are given to
// Kubernetes (Submissions), long lists (PlanLists), what keeps the jobs of a cluster true (ClusterStore),
// and what the operator's service keeps (ServiceStore).
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
//   threads    any; what is handed out serialises its calls on one connection of its own, made at its
//              first call and again after a loss. A statement or lock that takes 10 s, and an answer that takes 5 s
//              more, is an error with kWait
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/job_config.h"
#include "model/stores.h"
#include "store/cluster_store.h"
#include "store/plan_lists.h"
#include "store/queries.h"
#include "store/schema.h"
#include "store/service_store.h"
#include "store/submissions.h"

namespace reprocess {

// All four stores on one connection.
class WorkerStore : public ShardStore, public Ledger, public ControlStore, public StatusStore {};

class Database {
 public:
  enum class Use : std::uint8_t {
    kWork,    // tables and columns that are missing are made, rows of earlier builds mended
    kChange,  // … but a SQLite file that is not there is kNotFound
    kAsk,     // nothing is made or altered; where tables are missing there are no jobs, or no rows
  };
  // Connects (kWait while the server is away; the caller decides how long).
  static Result<std::unique_ptr<Database>> Open(const std::string& url, Use use);

  // Each may outlive this.
  std::unique_ptr<WorkerStore> NewWorkerStore();
  std::unique_ptr<Queries> NewQueries();
  std::unique_ptr<ClusterStore> NewClusterStore();
  std::unique_ptr<Submissions> NewSubmissions();
  std::unique_ptr<PlanLists> NewPlanLists();
  std::unique_ptr<ServiceStore> NewServiceStore();

 private:
  Database(std::unique_ptr<Session> session, Schema schema)
      : url_(session->url()), schema_(std::move(schema)), first_(std::move(session)) {}
  std::unique_ptr<Session> NewSession();

  const DatabaseUrl url_;
  const Schema schema_;
  std::mutex mutex_;
  std::unique_ptr<Session> first_;  // connected: for whoever comes first
};

// The statements that make every table, for an operator with the right to run them.
std::string SchemaDdl();

}  // namespace reprocess
