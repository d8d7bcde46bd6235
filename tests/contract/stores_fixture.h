// The ground of the books' contract suite: a fresh, empty database a test.
//
//   PostgreSQL comes from TEST_POSTGRES_URL (tests/servers/with_postgres.sh sets it); without it
//              the tests fail, none is skipped
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/database.h"
#include "store/queries.h"
#include "store/session.h"

namespace reprocess {

#define ASSERT_OK(expression)                             \
  do {                                                    \
    const auto& ok = (expression);                        \
    ASSERT_TRUE(ok) << (ok ? "" : ok.error().ToString()); \
  } while (false)
#define EXPECT_OK(expression)                             \
  do {                                                    \
    const auto& ok = (expression);                        \
    EXPECT_TRUE(ok) << (ok ? "" : ok.error().ToString()); \
  } while (false)

// The server's URL as superuser; a schema of `schema` alone when given, and another user.
std::string PostgresUrl(const std::string& schema = {}, const std::string& user = {});
// What workers write, and what operators ask, of a database that is opened for it.
Result<std::unique_ptr<WorkerStore>> OpenWorkerStore(const std::string& url);
Result<std::unique_ptr<Queries>> OpenQueries(const std::string& url,
                                             Database::Use use = Database::Use::kWork);
// "stop" or "start".
void ControlPostgres(const std::string& what);

// A PostgreSQL schema or a SQLite file that nobody used before; gone at the end.
class FreshDatabase {
 public:
  explicit FreshDatabase(Backend backend);
  ~FreshDatabase();
  FreshDatabase(const FreshDatabase&) = delete;

  const std::string& url() const { return url_; }
  const std::string& schema() const { return name_; }  // PostgreSQL; the folder in SQLite

  // A look at the rows past the stores.
  std::string Text(const std::string& sql);  // the first cell; "(null)", or "(none)" without rows
  void Run(const std::string& sql);

 private:
  Backend backend_;
  std::string name_, url_;
  std::unique_ptr<Session> session_;
};

class StoresContract : public ::testing::TestWithParam<Backend> {
 protected:
  StoresContract() : database_(GetParam()) {}
  void SetUp() override;

  std::unique_ptr<WorkerStore> Open() const;
  std::unique_ptr<Queries> OpenQueryObject() const;
  std::string Text(const std::string& sql) { return database_.Text(sql); }

  FreshDatabase database_;
  std::unique_ptr<WorkerStore> books_;
  const ShardRef shard_{"job", 2};
};

Owner OwnerOf(const std::string& id, std::uint64_t generation);
ErrorRow ErrorAt(int list_position, std::uint64_t first_byte);
FileRow FileAt(int list_position, FileState state, std::uint64_t byte = 0);

}  // namespace reprocess
