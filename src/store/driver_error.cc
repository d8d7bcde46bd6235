#include "store/driver_error.h"

#include <algorithm>

#include <fmt/format.h>
#include <sqlite3.h>

namespace reprocess {
namespace {

using std::string_view;

bool StartsWithOneOf(string_view text, std::initializer_list<string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](string_view p) { return text.starts_with(p); });
}

bool ContainsOneOf(string_view text, std::initializer_list<string_view> parts) {
  return std::ranges::any_of(parts, [&](string_view p) { return text.contains(p); });
}

// The name after "permission denied for table ".
std::string ObjectIn(string_view message, string_view before) {
  const auto at = message.find(before);
  if (at == string_view::npos) return {};
  const string_view rest = message.substr(at + before.size());
  return std::string(rest.substr(0, rest.find_first_of(" ,;")));
}

std::string GrantFor(string_view message) {
  if (const auto table = ObjectIn(message, "permission denied for table "); !table.empty()) {
    return fmt::format("GRANT SELECT, INSERT, UPDATE, DELETE ON {} to the user of DATABASE_URL",
                       table);
  }
  if (const auto schema = ObjectIn(message, "permission denied for schema "); !schema.empty()) {
    return fmt::format("GRANT USAGE, CREATE ON SCHEMA {} to the user of DATABASE_URL", schema);
  }
  return "grant it to the user of DATABASE_URL; docs/tables.md lists the grants";
}

void ExplainState(Error& error, string_view state, string_view message) {
  if (state == "42501") {
    error.code = Code::kNotAuthorized;
    error.hint = GrantFor(message);
  } else if (state == "42P01" || state == "3F000" || state == "42703") {
    if (state == "3F000") error.code = Code::kNotFound;
    error.hint = "start again to have the tables made, or run the statements in docs/tables.md";
  } else if (StartsWithOneOf(state,
                             {"08", "57P", "53", "40", "25006", "25P03", "55P03", "57014", "58"})) {
    // Away, restarting, in recovery, out of resources, a lock or a statement that timed out.
    error.remedy = Remedy::kWait;
    if (state == "55P03" || state == "57014") error.code = Code::kTimedOut;
  }
}

// What waiting cannot mend is told by text; the rest heals, or the caller's time-out ends it.
void ExplainConnect(Error& error, string_view message) {
  error.remedy = Remedy::kWait;
  if (ContainsOneOf(message, {"password authentication failed", "no pg_hba.conf entry",
                              "no password supplied", "is not permitted to log in"})) {
    error.remedy = Remedy::kStop;
    error.code = Code::kNotAuthorized;
    error.hint = "check the user and password in DATABASE_URL";
  } else if (ContainsOneOf(message, {"invalid URI", "invalid percent-encoded", "invalid port",
                                     "invalid integer value", "invalid sslmode", "invalid value",
                                     "\" does not exist"})) {
    error.remedy = Remedy::kStop;
    error.hint = "check DATABASE_URL";
  }
}

// The server's own words, without libpq's before them.
string_view Core(string_view message) {
  for (const string_view mark : {"ERROR: ", "FATAL: ", "PANIC: "}) {
    const auto at = message.find(mark);
    if (at != string_view::npos) return message.substr(at + mark.size());
  }
  return message;
}

// `message` is clean.
Error ErrorOf(const DatabaseUrl& url, string_view doing, string_view message) {
  return {.what = fmt::format("{} the database: {}", doing, Core(message)),
          .where = url.display,
          .hint = ""};
}

void ExplainSqlite(Error& error, int result) {
  switch (result & 0xFF) {  // the rest of the number says more than we need
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.remedy = Remedy::kWait;
      error.code = Code::kTimedOut;
      break;
    case SQLITE_FULL:
      error.hint = "the disk is full: make room and start again";
      break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      error.code = Code::kNotAuthorized;
      error.hint = "the file and its folder must be writable";
      break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      error.hint = "this is no sound SQLite file: name another one";
      break;
    default:
      break;
  }
}

}  // namespace

Error PostgresError(const DatabaseUrl& url, string_view state, string_view message) {
  const std::string clean = Scrub(url, message);
  Error error = ErrorOf(url, "use", clean);
  ExplainState(error, state, clean);
  return error;
}

Error ConnectError(const DatabaseUrl& url, string_view message) {
  const std::string clean = Scrub(url, message);
  Error error = ErrorOf(url, "connect to", clean);
  ExplainConnect(error, clean);
  return error;
}

Error SqliteError(const DatabaseUrl& url, string_view doing, int result, string_view message) {
  Error error = ErrorOf(url, doing, Scrub(url, message));
  ExplainSqlite(error, result);
  return error;
}

}  // namespace reprocess
