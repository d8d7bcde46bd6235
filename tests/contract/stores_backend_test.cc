// What only one backend can go through: rights, restarts, a hundred workers starting at once.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "contract/stores_fixture.h"
#include "store/schema.h"

namespace reprocess {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The tables as the admin service makes them, with its rows.
void MakeAdminTables(FreshDatabase& database) {
  const std::string ddl = SchemaDdl();
  for (std::size_t at = 0; at < ddl.size();) {
    const auto end = ddl.find(";\n", at);
    const std::string statement = ddl.substr(at, end - at);
    at = end + 2;
    const bool contract = (statement.find("reprocessing_jobs") != std::string::npos ||
                           statement.find("reprocessing_workers") != std::string::npos) &&
                          statement.find("ADD COLUMN") == std::string::npos;
    if (contract) database.Run(statement);
  }
  database.Run(
      "INSERT INTO reprocessing_jobs (id, config, status, created_at, total_workers) "
      "VALUES ('admin', '{\"a\": 1}', 'running', now(), 1)");
  database.Run(
      "INSERT INTO reprocessing_workers (job_id, worker_index, status) "
      "VALUES ('admin', 0, 'pending')");
}

class PostgresStores : public ::testing::Test {
 protected:
  PostgresStores() : database_(Backend::kPostgres), user_(database_.schema() + "_user") {
    Admin(fmt::format("CREATE ROLE {} LOGIN", user_));
  }
  ~PostgresStores() override {
    (void)session_.Execute(fmt::format("DROP OWNED BY {} CASCADE", user_));
    (void)session_.Execute(fmt::format("DROP ROLE {}", user_));
  }
  void Admin(const std::string& sql) {
    const auto done = session_.Execute(sql);
    ASSERT_TRUE(done) << done.error().ToString();
  }
  void MakeSchema(const std::string& rights) {
    Admin(fmt::format("CREATE SCHEMA {}", database_.schema()));
    if (!rights.empty()) {
      Admin(fmt::format("GRANT {} ON SCHEMA {} TO {}", rights, database_.schema(), user_));
    }
  }
  void GrantTables(const std::string& rights) {
    Admin(fmt::format("GRANT {} ON ALL TABLES IN SCHEMA {} TO {}", rights, database_.schema(),
                      user_));
  }
  std::string UserUrl() const { return PostgresUrl(database_.schema(), user_); }

  FreshDatabase database_;
  const std::string user_;
  Session session_{*ParseDatabaseUrl(PostgresUrl())};
};

TEST_F(PostgresStores, AHundredWorkersMakeTheSchemaAtOnce) {
  std::atomic<int> failed = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] {
      const auto books = OpenWorkerStore(database_.url());
      const bool good = books && (*books)->Available() &&
                        (*books)->EnsureJob({.id = "job", .status = "", .config = ""}) &&
                        (*books)->PutWorker({"job", i}, OwnerOf("a", 1), {});
      if (!good) ++failed;
      if (!books) ADD_FAILURE() << books.error().ToString();
    });
  }
  threads.clear();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(database_.Text("SELECT COUNT(*) FROM reprocessing_workers"), "100");
}

TEST_F(PostgresStores, TablesOfTheAdminServiceKeepTheirRows) {
  MakeSchema("");
  MakeAdminTables(database_);
  const auto books = OpenWorkerStore(database_.url());
  ASSERT_OK(books);
  EXPECT_TRUE((*books)->Available());
  EXPECT_EQ((*books)->FindJob("admin")->value().config, R"({"a": 1})");
  ASSERT_OK((*books)->PutWorker({"admin", 0}, OwnerOf("a", 1), {}));
  EXPECT_EQ(database_.Text("SELECT status || generation FROM reprocessing_workers"), "running1");
}

TEST_F(PostgresStores, AUserWhoMayCreateNothingStillHasStatus) {
  MakeSchema("USAGE");
  MakeAdminTables(database_);
  GrantTables("SELECT, INSERT, UPDATE");
  const auto opened = OpenWorkerStore(UserUrl());
  ASSERT_OK(opened);
  WorkerStore& books = **opened;
  EXPECT_FALSE(books.Available());
  EXPECT_FALSE(books.Durable());
  const ShardRef shard{"admin", 0};
  EXPECT_OK(books.PutWorker(shard, OwnerOf("a", 2), {}));
  EXPECT_OK(books.PutWorker(shard, OwnerOf("b", 1), {}));  // no column, no guard
  EXPECT_EQ(database_.Text("SELECT status FROM reprocessing_workers"), "running");

  EXPECT_OK(books.Claim(shard, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  EXPECT_OK(books.Heartbeat(shard, OwnerOf("a", 1)));
  EXPECT_OK(books.StoreSigns(shard, OwnerOf("a", 1), {.throttle = "paused"}));
  EXPECT_EQ(*books.ShardsAlive("admin", Milliseconds(1'000)), 0) << "not known";
  EXPECT_EQ(books.Controls("admin").error().code, Code::kNotAuthorized);
  EXPECT_FALSE(books.Find(shard)->has_value());
  const ErrorRow error = ErrorAt(0, 0);
  const FileRow failed = FileAt(3, FileState::kFailed, 5), ahead = FileAt(6, FileState::kFailed),
                done = FileAt(3, FileState::kDone);
  const FileRow both[] = {failed, ahead};
  EXPECT_OK(books.Store(shard, OwnerOf("a", 1), std::span(&error, 1), both));
  EXPECT_OK(books.Rewind(shard, OwnerOf("a", 1), Pass::kFirst, 3, 0));
  EXPECT_THAT(*books.FailedFiles(shard, 0, 1), ElementsAre(failed));
  EXPECT_THAT(*books.FailedFiles(shard, 4, 1), IsEmpty());
  EXPECT_EQ(*books.CountErrorRows(shard, 0), 0u);
  EXPECT_OK(books.Store(shard, OwnerOf("a", 1), {}, std::span(&done, 1)));
  EXPECT_THAT(*books.FailedFiles(shard, 0, 1), IsEmpty());

  const auto queries = OpenQueries(UserUrl());
  ASSERT_OK(queries);
  EXPECT_EQ((*queries)->Job("admin")->id, "admin");
  EXPECT_TRUE((*queries)->Files("admin")->empty());
  const auto plan = (*queries)->StorePlan({.job_id = "p", .config = "{}", .files = {}});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Code::kNotAuthorized);
  EXPECT_THAT(plan.error().hint, HasSubstr("CREATE TABLE"));
}

TEST_F(PostgresStores, AUserWhoDoesNotOwnTheAdminsTablesGoesOnWithoutTheGuard) {
  MakeSchema("USAGE, CREATE");
  MakeAdminTables(database_);
  GrantTables("SELECT, INSERT, UPDATE");
  const auto books = OpenWorkerStore(UserUrl());
  ASSERT_OK(books);
  EXPECT_TRUE((*books)->Available());
  const ShardRef shard{"admin", 0};
  WorkerRow row;
  row.status = WorkerStatus::kPending;
  EXPECT_OK((*books)->EnsureWorker(shard, row));
  EXPECT_OK((*books)->FailUnclaimed(shard, "why"));
  EXPECT_OK((*books)->PutWorker(shard, OwnerOf("a", 1), {}));
  EXPECT_OK((*books)->Claim(shard, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  EXPECT_OK((*OpenQueries(UserUrl()))->ClearShard(shard, OwnerOf("a", 2), "c"));
}

TEST_F(PostgresStores, TablesOfAnEarlierVersionGetWhatIsNew) {
  ASSERT_OK(OpenWorkerStore(database_.url()));
  for (const char* column : {"throttle", "stopped_at", "stored_bytes", "consumer_lag"}) {
    database_.Run(fmt::format("ALTER TABLE reprocessing_shards DROP COLUMN {}", column));
  }
  database_.Run("ALTER TABLE reprocessing_files DROP COLUMN item_ranges");
  database_.Run("ALTER TABLE reprocessing_files DROP COLUMN prefix_hash");
  database_.Run("ALTER TABLE reprocessing_files DROP COLUMN key_path");
  database_.Run("DROP TABLE reprocessing_controls");
  database_.Run("DROP TABLE reprocessing_prints");
  const auto books = OpenWorkerStore(database_.url());
  ASSERT_OK(books);
  EXPECT_EQ(
      database_.Text("SELECT count(item_ranges) + count(prefix_hash) FROM reprocessing_files"),
      "0");
  EXPECT_OK((*books)->Controls("job"));
  ASSERT_OK((*books)->StorePrint("job", "workers=1"));
  EXPECT_EQ((*books)->FindPrint("job")->value(), "workers=1");
  ASSERT_OK((*books)->Claim({"job", 0}, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  ASSERT_OK((*books)->StoreSigns({"job", 0}, OwnerOf("a", 1), {.throttle = "paused"}));
  ASSERT_OK((*books)->StoreSigns({"job", 0}, OwnerOf("a", 1), {.stored_bytes = 7}));
  ASSERT_OK((*books)->GiveBack({"job", 0}, OwnerOf("a", 1)));
  const ShardRow row = (*books)->Find({"job", 0})->value();
  EXPECT_EQ(row.throttle, "paused");
  EXPECT_EQ(row.stored_bytes, 7U);
  EXPECT_NE(row.stopped_at, "");
  database_.Run("ALTER TABLE reprocessing_controls DROP COLUMN max_errors");
  ASSERT_OK(OpenWorkerStore(database_.url()));
  EXPECT_EQ(database_.Text("SELECT count(max_errors) FROM reprocessing_controls"), "0");
}

TEST_F(PostgresStores, IndexesHaveTheAdminsNamesAlsoThoseOfAnEarlierVersion) {
  const std::string names = fmt::format(
      "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes "
      "WHERE schemaname = '{}' AND tablename IN ('reprocessing_jobs', 'reprocessing_workers') "
      "AND indexname NOT LIKE '%pkey'",
      database_.schema());
  const std::string admins =  // and one that it does not make
      "reprocessing_jobs_created_at_idx reprocessing_jobs_retry_of_idx "
      "reprocessing_workers_job_id_idx reprocessing_workers_status_idx";
  ASSERT_OK(OpenWorkerStore(database_.url()));
  EXPECT_EQ(database_.Text(names), admins);
  database_.Run(
      "ALTER INDEX reprocessing_jobs_created_at_idx RENAME TO reprocessing_jobs_created_at");
  database_.Run(
      "ALTER INDEX reprocessing_workers_job_id_idx RENAME TO reprocessing_workers_job_id");
  database_.Run(
      "ALTER INDEX reprocessing_workers_status_idx RENAME TO reprocessing_workers_job_id_status");
  const std::string earlier = database_.Text(names);
  ASSERT_OK(OpenQueries(database_.url(), Database::Use::kAsk));
  EXPECT_EQ(database_.Text(names), earlier) << "asking alters nothing";
  ASSERT_OK(OpenWorkerStore(database_.url()));
  EXPECT_EQ(database_.Text(names), admins);
}

TEST_F(PostgresStores, WithoutTheRightToAddThemTablesOfAnEarlierVersionStillServe) {
  MakeSchema("USAGE");
  ASSERT_OK(OpenWorkerStore(database_.url()));
  for (const char* column : {"throttle", "stopped_at", "stored_bytes", "consumer_lag"}) {
    database_.Run(fmt::format("ALTER TABLE reprocessing_shards DROP COLUMN {}", column));
  }
  database_.Run("DROP TABLE reprocessing_controls");
  GrantTables("SELECT, INSERT, UPDATE, DELETE");
  const auto books = OpenWorkerStore(UserUrl());
  ASSERT_OK(books);
  EXPECT_TRUE((*books)->Available());
  EXPECT_EQ((*books)->Controls("job").error().code, Code::kNotAuthorized);
  ASSERT_OK((*books)->Claim({"job", 0}, Mode::kExactlyOnce, OwnerOf("a", 1), "c", {}));
  EXPECT_OK((*books)->StoreSigns({"job", 0}, OwnerOf("a", 1), {.throttle = "paused"}));
  EXPECT_EQ((*books)->Find({"job", 0})->value().throttle, "");
  EXPECT_OK((*books)->StoreSigns({"job", 0}, OwnerOf("a", 1), {.stored_bytes = 7}));
  EXPECT_OK((*books)->GiveBack({"job", 0}, OwnerOf("a", 1)));
  EXPECT_TRUE((*books)->Find({"job", 0})->value().given_back());
  const auto queries = OpenQueries(UserUrl());
  ASSERT_OK(queries);
  EXPECT_EQ((*queries)->Controls("job"), JobControls{});
  EXPECT_EQ((*queries)->SetControls("job", {.paused = true}).error().code, Code::kNotAuthorized);
}

TEST_F(PostgresStores, AColumnThatEveryFileNeedsAndNobodyMayAddIsAnErrorWithTheStatement) {
  MakeSchema("USAGE");
  for (const std::string column : {"item_ranges", "prefix_hash", "key_path"}) {
    ASSERT_OK(OpenWorkerStore(database_.url()));
    database_.Run("ALTER TABLE reprocessing_files DROP COLUMN " + column);
    GrantTables("SELECT, INSERT, UPDATE, DELETE");
    const auto books = OpenWorkerStore(UserUrl());
    ASSERT_FALSE(books);
    EXPECT_EQ(books.error().code, Code::kNotAuthorized);
    EXPECT_NE(books.error().hint.find("ADD COLUMN IF NOT EXISTS " + column), std::string::npos);
  }
}

TEST_F(PostgresStores, ControlsThatMayNotBeReadAreAMissingRight) {
  MakeSchema("USAGE");
  ASSERT_OK(OpenWorkerStore(database_.url()));
  GrantTables("SELECT, INSERT, UPDATE, DELETE");
  Admin(fmt::format("REVOKE ALL ON {}.reprocessing_controls FROM {}", database_.schema(), user_));
  const auto books = OpenWorkerStore(UserUrl());
  ASSERT_OK(books);
  EXPECT_EQ((*books)->Controls("job").error().code, Code::kNotAuthorized);
}

TEST_F(PostgresStores, WhoMayNotReadOrMakeTheTableOfPrintsGoesOnWithoutIt) {
  MakeSchema("USAGE");
  for (const bool there : {true, false}) {
    SCOPED_TRACE(there);
    ASSERT_OK(OpenWorkerStore(database_.url()));
    GrantTables("SELECT, INSERT, UPDATE, DELETE");
    const std::string table = database_.schema() + ".reprocessing_prints";
    Admin(there ? fmt::format("REVOKE ALL ON {} FROM {}", table, user_) : "DROP TABLE " + table);
    const auto books = OpenWorkerStore(UserUrl());
    ASSERT_OK(books);
    EXPECT_TRUE((*books)->Available());
    EXPECT_OK((*books)->StorePrint("job", "workers=1"));
    EXPECT_EQ(*(*books)->FindPrint("job"), std::nullopt);
    const auto queries = OpenQueries(UserUrl());
    ASSERT_OK(queries);
    EXPECT_FALSE(*(*queries)->HasPrint("job"));
    EXPECT_OK((*queries)->StorePlan({.job_id = there ? "a" : "b", .config = "{}", .files = {}}));
  }
}

TEST_F(PostgresStores, WithoutTablesAndRightsTheErrorPrintsTheStatements) {
  MakeSchema("USAGE");
  for (const std::string& url : {UserUrl(), PostgresUrl("no_such_schema", user_)}) {
    const auto books = OpenWorkerStore(url);
    ASSERT_FALSE(books);
    EXPECT_EQ(books.error().remedy, Remedy::kStop);
    EXPECT_EQ(books.error().code, Code::kNotAuthorized);
    EXPECT_THAT(books.error().hint, HasSubstr("CREATE TABLE IF NOT EXISTS reprocessing_jobs"));
    EXPECT_THAT(books.error().hint, HasSubstr("CREATE TABLE IF NOT EXISTS reprocessing_errors"));
  }
}

TEST_F(PostgresStores, TheStatementsThatAreShownMakeAllThatIsNeeded) {
  MakeSchema("USAGE");
  const std::string ddl = SchemaDdl();
  for (std::size_t at = 0; at < ddl.size();) {
    const auto end = ddl.find(";\n", at);
    database_.Run(ddl.substr(at, end - at));
    at = end + 2;
  }
  GrantTables("SELECT, INSERT, UPDATE, DELETE");
  const auto books = OpenWorkerStore(UserUrl());
  ASSERT_OK(books);
  EXPECT_TRUE((*books)->Available());
}

TEST(TheTablesPage, HasTheStatementsThatAreRun) {
  std::ifstream page(REPROCESS_DOCS "/tables.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  EXPECT_THAT(text, HasSubstr(SchemaDdl()));
}

// The queries of docs/tables.md under "The books balance".
std::vector<std::string> BalanceQueries() {
  std::ifstream page(REPROCESS_DOCS "/tables.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  const auto begin = text.find("```sql\n", text.find("## The books balance")) + 7;
  std::vector<std::string> queries;
  for (auto at = begin, end = text.find("```", begin); at < end;) {
    const auto semicolon = text.find(';', at);
    if (semicolon > end) break;
    std::string query = text.substr(at, semicolon - at);
    at = semicolon + 1;
    while (query.starts_with("\n")) query.erase(0, 1);
    if (query.starts_with("--")) query.erase(0, query.find('\n') + 1);  // a ':' in a comment binds
    queries.push_back(query);
  }
  return queries;
}

TEST(TheTablesPage, ShowsQueriesThatFindWhatDoesNotBalance) {
  const auto queries = BalanceQueries();
  ASSERT_EQ(queries.size(), 4u);
  for (const Backend backend : {Backend::kSqlite, Backend::kPostgres}) {
    FreshDatabase database(backend);
    const auto books = OpenWorkerStore(database.url());
    ASSERT_OK(books);
    ASSERT_OK((*books)->EnsureJob({.id = "job", .status = "", .config = ""}));
    FileRow file = FileAt(0, FileState::kFailed);
    file.counters = {.lines = 3,
                     .bytes = 20,
                     .success = 1,
                     .success_bytes = 10,
                     .skipped_bytes = 0,
                     .error_bytes = 10,
                     .not_utf8 = 0,
                     .by_reason = {}};
    file.counters[Reason::kInvalidJson] = file.counters[Reason::kUnreadable] = 1;
    WorkerRow worker;
    worker.status = WorkerStatus::kFailed;
    worker.counters = file.counters;
    const ErrorRow error = ErrorAt(0, 0);
    const Owner owner = OwnerOf("a", 1);
    ASSERT_OK((*books)->Store({"job", 0}, owner, std::span(&error, 1), std::span(&file, 1)));
    ASSERT_OK((*books)->PutWorker({"job", 0}, owner, worker));
    for (const auto& query : queries) EXPECT_EQ(database.Text(query), "(none)") << query;
    database.Run("UPDATE reprocessing_files SET lines = 4");
    database.Run("UPDATE reprocessing_workers SET success_count = 7");
    database.Run("DELETE FROM reprocessing_errors");
    for (const auto& query : queries) EXPECT_EQ(database.Text(query), "job") << query;
  }
}

TEST_F(PostgresStores, AMissingGrantIsNamed) {
  ASSERT_OK(OpenWorkerStore(database_.url()));
  Admin(fmt::format("GRANT USAGE ON SCHEMA {} TO {}", database_.schema(), user_));
  GrantTables("SELECT");
  const auto books = OpenWorkerStore(UserUrl());
  ASSERT_OK(books);
  const ErrorRow error = ErrorAt(0, 0);
  const auto stored = (*books)->Store({"job", 0}, OwnerOf("a", 1), std::span(&error, 1), {});
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().remedy, Remedy::kStop);
  EXPECT_EQ(stored.error().code, Code::kNotAuthorized);
  EXPECT_THAT(stored.error().hint, HasSubstr("GRANT SELECT, INSERT, UPDATE, DELETE ON reproc"));
}

TEST_F(PostgresStores, ASchemaNameIsQuotedNotInterpreted) {
  const std::string odd = database_.schema() + "%20Odd%22;--";
  const auto books = OpenWorkerStore(PostgresUrl(odd));
  ASSERT_OK(books);
  EXPECT_OK((*books)->EnsureJob({.id = "in odd", .status = "", .config = ""}));
  const std::string name = "\"" + database_.schema() + " Odd\"\";--\"";
  const auto rows = session_.Select("SELECT id FROM " + name + ".reprocessing_jobs", 1);
  ASSERT_OK(rows);
  EXPECT_EQ(rows->front().Text(0), "in odd");
  Admin("DROP SCHEMA " + name + " CASCADE");
}

// Of a table as large as this and without statistics the planner expects some 200 rows a job.
class LargePlan : public PostgresStores {
 protected:
  void SetUp() override {
    Plan plan{.job_id = "job", .config = "{}", .total_workers = 1, .files = {}};
    for (int i = 0; i < 20'000; ++i) {
      const FileRow row = FileAt(i, FileState::kPlanned);
      plan.files.push_back({{.path = row.path, .size = row.size}, row.version_tag, ""});
    }
    const auto queries = OpenQueries(database_.url());
    ASSERT_OK(queries);
    ASSERT_OK((*queries)->StorePlan(plan));
  }
};

TEST_F(LargePlan, APageIsReadInTheOrderOfTheKeysAndNothingIsSorted) {
  Session session(*ParseDatabaseUrl(database_.url()));
  const auto steps = session.Select(
      "EXPLAIN SELECT * FROM reprocessing_files WHERE job_id = :job AND list_position >= :from "
      "ORDER BY list_position LIMIT :most",
      1, {{"job", "job"}, {"from", 5'000}, {"most", 1'000}});
  ASSERT_OK(steps);
  std::string text;
  for (const Row& step : *steps) text += step.Text(0) + "\n";
  EXPECT_THAT(text, HasSubstr("Index Scan"));
  EXPECT_THAT(text, Not(HasSubstr("Sort")));
}

TEST_F(LargePlan, FilesThatNobodyHasReadAreNotWrittenAgain) {
  const auto writers = [&] {
    return database_.Text("SELECT COUNT(DISTINCT CAST(xmin AS TEXT)) FROM reprocessing_files");
  };
  const auto books = OpenWorkerStore(database_.url());
  ASSERT_OK(books);
  const ShardRef shard{"job", 0};
  ASSERT_OK((*books)->Clear(shard));
  ASSERT_OK((*books)->Rewind(shard, OwnerOf("a", 1), Pass::kFirst, 0, 0));
  EXPECT_EQ(writers(), "1");
  const FileRow read = FileAt(7, FileState::kDone, 88);
  ASSERT_OK((*books)->Store(shard, OwnerOf("a", 1), {}, std::span(&read, 1)));
  ASSERT_OK((*books)->Rewind(shard, OwnerOf("a", 1), Pass::kFirst, 0, 0));
  EXPECT_EQ(writers(), "2");
  EXPECT_EQ(database_.Text("SELECT CONCAT(state, place_byte) FROM reprocessing_files "
                           "WHERE list_position = 7"),
            "planned0");
}

TEST_F(PostgresStores, AConnectionThatWasLostWhileIdleIsMadeAgainAndAServerThatIsAwayIsWaitedFor) {
  const auto opened = OpenWorkerStore(database_.url());
  ASSERT_OK(opened);
  WorkerStore& books = **opened;
  const auto find = [&] { return books.FindJob("job"); };
  ASSERT_OK(books.EnsureJob({.id = "job", .status = "", .config = ""}));
  Admin(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
      "WHERE application_name = 'reprocess' AND pid <> pg_backend_pid()");
  EXPECT_OK(find());

  ControlPostgres("stop");
  const ErrorRow error = ErrorAt(0, 0);
  for (int i = 0; i < 3; ++i) {
    const auto stored = books.Store({"job", 0}, OwnerOf("a", 1), std::span(&error, 1), {});
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().remedy, Remedy::kWait) << stored.error().ToString();
  }
  const auto away = OpenWorkerStore(database_.url());
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().remedy, Remedy::kWait);
  ControlPostgres("start");
  EXPECT_OK(books.Store({"job", 0}, OwnerOf("a", 1), std::span(&error, 1), {}));
  EXPECT_EQ(*books.CountErrorRows({"job", 0}, 0), 1u);
  (void)session_.Execute("SELECT 1");  // this one was cut too
}

TEST_F(PostgresStores, AReadOnlyServerIsWaitedFor) {
  const auto database = Database::Open(database_.url(), Database::Use::kWork);
  ASSERT_OK(database);
  (void)(*database)->NewWorkerStore();  // has the connection that is there
  Admin(fmt::format("ALTER ROLE postgres SET default_transaction_read_only = on"));
  const auto later = (*database)->NewWorkerStore();
  const auto made = later->EnsureJob({.id = "job", .status = "", .config = ""});
  Admin("SET default_transaction_read_only = off");
  Admin("ALTER ROLE postgres RESET default_transaction_read_only");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().remedy, Remedy::kWait);
}

TEST_F(PostgresStores, ADatabaseThatDoesNotExistIsNotWaitedFor) {
  std::string url = PostgresUrl();
  url.replace(url.rfind('/') + 1, std::string::npos, "no_such_database");
  url.insert(url.find('@'), ":hunter2");
  const auto books = OpenWorkerStore(url);
  ASSERT_FALSE(books);
  EXPECT_EQ(books.error().remedy, Remedy::kStop);
  EXPECT_THAT(books.error().ToString(), HasSubstr("no_such_database"));
  EXPECT_THAT(books.error().ToString(), Not(HasSubstr("hunter2")));
}

TEST_F(PostgresStores, AStatementOrALockCannotHangForEver) {
  Session session(*ParseDatabaseUrl(database_.url()));
  EXPECT_EQ(session.Select("SHOW statement_timeout", 1)->front().Text(0), "10s");
  EXPECT_EQ(session.Select("SHOW lock_timeout", 1)->front().Text(0), "10s");
  EXPECT_EQ(session.Select("SHOW application_name", 1)->front().Text(0), "reprocess");
  Session hasty(*ParseDatabaseUrl(database_.url() + "&statement_timeout=20"));
  const auto slow = hasty.Select("SELECT pg_sleep(10)", 1);
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().remedy, Remedy::kWait);
  EXPECT_EQ(slow.error().code, Code::kTimedOut);
}

class AnyBackend : public ::testing::TestWithParam<Backend> {};
INSTANTIATE_TEST_SUITE_P(Backends, AnyBackend,
                         ::testing::Values(Backend::kPostgres, Backend::kSqlite));

TEST_P(AnyBackend, SelectsThatAreAskedTogetherAnswerEachForItselfAndOneThatIsRefusedHarmsNone) {
  FreshDatabase database(GetParam());
  Session session(*ParseDatabaseUrl(database.url()));
  const Question first{"SELECT CAST(:a AS VARCHAR(9)), 'x'", 2}, second{"SELECT 1 WHERE 1 = 0", 1};
  const Question third{"SELECT CAST(:b AS INTEGER) UNION ALL SELECT 7 ORDER BY 1", 1};
  const Question refused{"SELECT * FROM no_such_table", 1};
  const std::vector<Arg> args = {{"a", "it's"}, {"b", 5}};
  for (int round = 0; round < 2; ++round) {
    const Question wrong[] = {first, refused, third};
    const auto failed = session.SelectTogether(wrong, args);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().what, HasSubstr("no_such_table"));
    const Question right[] = {first, second, third};
    const auto rows = session.SelectTogether(right, args);
    ASSERT_OK(rows);
    EXPECT_EQ((*rows)[0].at(0).Text(0), "it's");
    EXPECT_TRUE((*rows)[1].empty());
    EXPECT_EQ((*rows)[2].at(0).Number(0) + (*rows)[2].at(1).Number(0), 12);
  }
  const Question narrow[] = {first, {"SELECT 1", 2}};
  EXPECT_FALSE(session.SelectTogether(narrow, args));
  ASSERT_OK(session.Select("SELECT 1", 1));
}

TEST_P(AnyBackend, RowsOfAnEarlierVersionAreMendedByAWriterSoThatTheAdminCanReadThem) {
  FreshDatabase database(GetParam());
  ASSERT_OK(OpenWorkerStore(database.url()));
  const auto insert = [&](const char* id, const char* config) {
    database.Run(
        fmt::format("INSERT INTO reprocessing_jobs (id, config, status, created_at) "
                    "VALUES ('{}', '{}', 'running', '2026-05-01T00:00:00Z')",
                    id, config));
  };
  insert("ours", R"({"limit": 10.0, "date_from": "", "made_by": "reprocessing-worker"})");
  insert("theirs", R"({"limit": 10.0, "date_from": ""})");
  const auto names = [&] {
    return database.Text("SELECT COUNT(k8s_job_name) FROM reprocessing_jobs");
  };
  const auto asked = OpenQueries(database.url(), Database::Use::kAsk);
  ASSERT_OK(asked);
  EXPECT_EQ((*asked)->Jobs()->size(), 2u);
  EXPECT_EQ(names(), "0") << "asking mends nothing";
  ASSERT_OK(OpenWorkerStore(database.url()));
  EXPECT_EQ(names(), "1");
  EXPECT_EQ(database.Text("SELECT id || k8s_job_name FROM reprocessing_jobs "
                          "WHERE k8s_job_name IS NOT NULL"),
            "ours");
  const std::string config = (*asked)->Job("ours")->config;
  EXPECT_THAT(config, HasSubstr("10"));
  EXPECT_THAT(config, Not(HasSubstr("10.0")));
  EXPECT_THAT(config, Not(HasSubstr("date_from")));
  EXPECT_THAT(config, HasSubstr("reprocessing-worker"));
}

TEST_P(AnyBackend, AskingMakesNothingAndReadsTablesOfAnEarlierVersion) {
  FreshDatabase database(GetParam());
  if (GetParam() == Backend::kPostgres) {
    database.Run(fmt::format("CREATE SCHEMA {}", database.schema()));
  } else {
    database.Run("SELECT 1");  // the file is there, and empty
  }
  const auto asked = OpenQueries(database.url(), Database::Use::kAsk);
  ASSERT_OK(asked);
  EXPECT_TRUE((*asked)->Jobs()->empty());
  EXPECT_EQ((*asked)->Job("job").error().code, Code::kNotFound);
  EXPECT_EQ((*asked)->Files("job").error().code, Code::kNotFound);
  Session session(*ParseDatabaseUrl(database.url()));
  const auto there = Inspect(session);
  ASSERT_OK(there);
  for (const char* table : {"jobs", "workers", "shards", "files", "errors", "leases", "audit"}) {
    EXPECT_FALSE(there->Has(table)) << table;
  }

  const auto books = OpenWorkerStore(database.url());
  ASSERT_OK(books);
  ASSERT_OK((*books)->EnsureJob({.id = "job", .status = "", .config = "{}"}));
  FileRow file = FileAt(0, FileState::kDone, 7);
  ASSERT_OK((*books)->Store({"job", 0}, OwnerOf("a", 1), {}, std::span(&file, 1)));
  for (const char* column : {"item_ranges", "prefix_hash"}) {
    database.Run(fmt::format("ALTER TABLE reprocessing_files DROP COLUMN {}", column));
  }
  const auto again = OpenQueries(database.url(), Database::Use::kAsk);
  ASSERT_OK(again);
  const auto files = (*again)->Files("job");
  ASSERT_OK(files);
  EXPECT_EQ(files->front().place.byte, 7u);
}

TEST(SqliteStores, ManyShardsOpenAndWriteOneNewFileAtOnce) {
  const FreshDatabase database(Backend::kSqlite);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      const auto books = OpenWorkerStore(database.url());
      ASSERT_OK(books);
      ASSERT_OK((*books)->EnsureJob({.id = "job", .status = "", .config = ""}));
      const ShardRef shard{"job", i};
      const Owner owner = OwnerOf("a", 1);
      ASSERT_OK((*books)->Claim(shard, Mode::kFiles, owner, "c", {}));
      for (std::uint64_t n = 0; n < 10; ++n) {
        const ErrorRow error = ErrorAt(i, n * 10);
        ASSERT_OK((*books)->Store(shard, owner, std::span(&error, 1), {}));
        ASSERT_OK((*books)->PutWorker(shard, owner, {}));
      }
      EXPECT_EQ(*(*books)->CountErrorRows(shard, i), 10u);
    });
  }
}

TEST(SqliteStores, AFileThatIsNoDatabaseIsRefused) {
  const FreshDatabase database(Backend::kSqlite);
  const std::string path = database.url().substr(std::string("sqlite://").size());
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << std::string(5000, 'x');
  const auto books = OpenWorkerStore(path);
  ASSERT_FALSE(books);
  EXPECT_EQ(books.error().remedy, Remedy::kStop);
  EXPECT_THAT(books.error().ToString(), HasSubstr("no sound SQLite file"));
  const auto below = OpenWorkerStore(path + "/below/a.db");
  ASSERT_FALSE(below);
  EXPECT_EQ(below.error().remedy, Remedy::kStop);
}

}  // namespace
}  // namespace reprocess
