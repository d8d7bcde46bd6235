#include "status/driver_error.h"

#include <algorithm>

#include <fmt/format.h>

#include "status/soci.h"

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

// What SOCI adds where libpq calls the connection bad. A connection that broke has no SQLSTATE.
constexpr string_view kBrokenConnection = "Connection failed.";

void ExplainState(Error& error, string_view state, string_view message) {
  if (state == "42501") {
    error.code = Code::kNotAuthorized;
    error.hint = GrantFor(message);
  } else if (state == "42P01" || state == "3F000" || state == "42703") {
    if (state == "3F000") error.code = Code::kNotFound;
    error.hint = "start again to have the tables made, or run the statements in docs/tables.md";
  } else if (StartsWithOneOf(state,
                             {"08", "57P", "53", "40", "25006", "25P03", "55P03", "57014", "58"}) ||
             message.contains(kBrokenConnection)) {
    // Away, restarting, in recovery, out of resources, a lock or a statement that timed out.
    error.remedy = Remedy::kWait;
    if (state == "55P03" || state == "57014") error.code = Code::kTimedOut;
  }
}

// SOCI gives no SQLSTATE for a connection that was refused. What waiting cannot mend is told by
// text; the rest heals, or the caller's time-out ends it.
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

// SOCI 4.1 renamed the accessors; both spellings must compile.
template <class E>
std::string StateOf(const E& thrown) {
  if constexpr (requires { thrown.sqlstate(); }) {
    return thrown.sqlstate();
  } else {
    return thrown.get_sqlstate();
  }
}

// The server's or SQLite's own words, without SOCI's around them.
string_view Core(string_view message) {
  for (const string_view mark : {"ERROR: ", "FATAL: ", "PANIC: ", "loadOne: ", "database. "}) {
    const auto at = message.find(mark);
    if (at != string_view::npos) return message.substr(at + mark.size());
  }
  return message;
}

constexpr string_view kNoConnection = "Cannot establish connection";

}  // namespace

void ExplainSqlite(Error& error, int result) {
  // SQLite's result codes; SOCI 4.1 no longer includes the header that names them.
  constexpr int kPerm = 3, kBusy = 5, kLocked = 6, kReadOnly = 8, kCorrupt = 11, kFull = 13,
                kCantOpen = 14, kAuth = 23, kNotADatabase = 26;
  constexpr int kPrimary = 0xFF;  // the rest of the number says more than we need
  switch (result & kPrimary) {
    case kBusy:
    case kLocked:
      error.remedy = Remedy::kWait;
      error.code = Code::kTimedOut;
      break;
    case kFull:
      error.hint = "the disk is full: make room and start again";
      break;
    case kReadOnly:
    case kCantOpen:
    case kPerm:
    case kAuth:
      error.code = Code::kNotAuthorized;
      error.hint = "the file and its folder must be writable";
      break;
    case kNotADatabase:
    case kCorrupt:
      error.hint = "this is no sound SQLite file: name another one";
      break;
    default:
      break;
  }
}

Error ErrorOf(const std::exception& thrown, const DatabaseUrl& url) {
  const auto* soci = dynamic_cast<const soci::soci_error*>(&thrown);
  // what() of a SOCI error quotes the statement with its values.
  std::string message = Scrub(url, soci ? soci->get_error_message() : thrown.what());
  Error error{.scope = Scope::kJob, .what = "", .where = url.display, .hint = ""};
  if (const auto* sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown)) {
    ExplainSqlite(error, sqlite->result());
  } else if (message.starts_with(kNoConnection)) {
    ExplainConnect(error, message);
  } else if (const auto* postgres = dynamic_cast<const soci::postgresql_soci_error*>(&thrown)) {
    ExplainState(error, StateOf(*postgres), message);
  }
  error.what =
      fmt::format("{} the database: {}", message.starts_with(kNoConnection) ? "connect to" : "use",
                  Core(message));
  return error;
}

}  // namespace reprocess
