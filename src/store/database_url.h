// DATABASE_URL taken apart: what the driver is given, and what people are shown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/backend.h"

namespace reprocess {

struct DatabaseUrl {
  Backend backend = Backend::kPostgres;
  std::string connect;                   // libpq's URI, or the file's path; holds the password
  std::vector<std::string> schemas;      // search_path= or schema=, decoded; empty: the user's own
  std::string display;                   // without user, password and query
  std::vector<std::string> secrets{};    // texts that no message may hold
  Milliseconds statement_limit{10'000};  // statement_timeout=, of statements and of locks
};

Result<DatabaseUrl> ParseDatabaseUrl(std::string_view url);

// A driver's message on one line, without the secrets.
std::string Scrub(const DatabaseUrl& url, std::string_view message);

}  // namespace reprocess
