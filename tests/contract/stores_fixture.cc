#include "contract/stores_fixture.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

namespace reprocess {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error(
        fmt::format("{} is not set: run this program under tests/servers/with_postgres.sh", name));
  }
  return value;
}

}  // namespace

std::string PostgresUrl(const std::string& schema, const std::string& user) {
  std::string url = Environment("TEST_POSTGRES_URL");
  if (!user.empty()) url.replace(url.find("//") + 2, url.find('@') - url.find("//") - 2, user);
  if (!schema.empty()) url += "?search_path=" + schema;
  return url;
}

void ControlPostgres(const std::string& what) {
  const std::string command = Environment("TEST_POSTGRES_CONTROL") + " " + what + " >/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("cannot " + what + " PostgreSQL");
}

FreshDatabase::FreshDatabase(Backend backend) : backend_(backend) {
  static std::atomic<int> count = 0;
  if (backend == Backend::kPostgres) {
    name_ = fmt::format("books_{}_{}", ::getpid(), ++count);
    url_ = PostgresUrl(name_);
  } else {
    name_ =
        (std::filesystem::temp_directory_path() / fmt::format("books_{}_{}", ::getpid(), ++count))
            .string();
    url_ = fmt::format("sqlite://{}/made/on the way/books.db", name_);
  }
}

FreshDatabase::~FreshDatabase() {
  if (backend_ == Backend::kSqlite) {
    std::error_code ignored;
    std::filesystem::remove_all(name_, ignored);
  } else {
    Session session(*ParseDatabaseUrl(PostgresUrl()));
    (void)session.Execute(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", name_));
  }
}

std::string FreshDatabase::Text(const std::string& sql) {
  if (!session_) session_ = std::make_unique<Session>(*ParseDatabaseUrl(url_));
  const auto rows = session_->Select(sql, 1);
  if (!rows) return rows.error().ToString();
  if (rows->empty()) return "(none)";
  return rows->front().IsNull(0) ? "(null)" : rows->front().Text(0);
}

void FreshDatabase::Run(const std::string& sql) {
  if (!session_) session_ = std::make_unique<Session>(*ParseDatabaseUrl(url_));
  const auto done = session_->Execute(sql);
  ASSERT_TRUE(done) << done.error().ToString();
}

Result<std::unique_ptr<WorkerStore>> OpenWorkerStore(const std::string& url) {
  TRY(const auto database, Database::Open(url, Database::Use::kWork));
  return database->NewWorkerStore();
}

Result<std::unique_ptr<Queries>> OpenQueries(const std::string& url, Database::Use use) {
  TRY(const auto database, Database::Open(url, use));
  return database->NewQueries();
}

void StoresContract::SetUp() {
  books_ = Open();
  ASSERT_OK(books_->EnsureJob({.id = "job",
                               .status = "",
                               .config = R"({"limit":7})",
                               .total_workers = 2,
                               .total_files = 5}));
}

std::unique_ptr<WorkerStore> StoresContract::Open() const {
  auto books = OpenWorkerStore(database_.url());
  if (!books) throw std::runtime_error(books.error().ToString());
  return *std::move(books);
}

std::unique_ptr<Queries> StoresContract::OpenQueryObject() const {
  auto queries = OpenQueries(database_.url());
  if (!queries) throw std::runtime_error(queries.error().ToString());
  return *std::move(queries);
}

Owner OwnerOf(const std::string& id, std::uint64_t generation) {
  return {.id = id, .host = "host-" + id, .generation = generation};
}

ErrorRow ErrorAt(int list_position, std::uint64_t first_byte) {
  ErrorRow row;
  row.list_position = list_position;
  row.first_byte = first_byte;
  row.end_byte = first_byte + 10;
  row.count = 1;
  row.first_line = row.last_line = first_byte / 10 + 1;
  row.message = "expected ':'";
  row.sample = "{\"a\" 1}";
  return row;
}

FileRow FileAt(int list_position, FileState state, std::uint64_t byte) {
  FileRow row;
  row.list_position = list_position;
  row.path = fmt::format("/in/{}.ndjson", list_position);
  row.size = 1000;
  row.version_tag = "1000-77";
  row.state = state;
  if (state == FileState::kFailed) row.failure = "inflate: crc mismatch";
  row.place.byte = byte;
  return row;
}

}  // namespace reprocess
