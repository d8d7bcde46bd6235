#include "status/database.h"

#include "status/books_impl.h"
#include "status/mend.h"

namespace reprocess {

Result<std::unique_ptr<Books>> OpenBooks(const std::string& url) {
  TRY(DatabaseUrl parsed, ParseDatabaseUrl(url));
  auto session = std::make_unique<Session>(std::move(parsed));
  TRY(const Schema schema, EnsureSchema(*session));
  TRY_OK(MendEarlier(*session));
  return std::make_unique<BooksImpl>(std::move(session), schema);
}

Result<std::unique_ptr<Books>> OpenBooksAgain(const std::string& url) {
  TRY(DatabaseUrl parsed, ParseDatabaseUrl(url));
  auto session = std::make_unique<Session>(std::move(parsed));
  TRY_OK(session->Open());
  TRY(const Found found, Inspect(*session));
  return std::make_unique<BooksImpl>(std::move(session), found.schema);
}

}  // namespace reprocess
