#include "store/database_url.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/percent_decoded.h"

namespace reprocess {
namespace {

using std::string_view;

constexpr string_view kHint =
    "postgresql://user:password@host:5432/database?search_path=schema, or "
    "sqlite:///absolute/path.db";

// Ours unless the URL says otherwise: a server that is away or silent becomes an error.
constexpr std::array<std::pair<string_view, string_view>, 6> kParameters = {
    {{"connect_timeout", "5"},
     {"application_name", "reprocess"},
     {"tcp_user_timeout", "10000"},
     {"keepalives_idle", "5"},
     {"keepalives_interval", "3"},
     {"keepalives_count", "3"}}};

// What other drivers read from the same URL and libpq refuses.
bool IsForeign(string_view name) {
  constexpr string_view kForeign[] = {"default_query_exec_mode", "statement_cache_capacity",
                                      "description_cache_capacity"};
  return name.starts_with("pool_") || std::ranges::find(kForeign, name) != std::end(kForeign);
}

std::vector<string_view> Split(string_view text, char separator) {
  std::vector<string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::vector<std::string> SchemaNames(const std::string& value) {
  std::vector<std::string> names;
  for (string_view name : Split(value, ',')) {
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.size() > 2 && name.front() == '"' && name.back() == '"') {
      name = name.substr(1, name.size() - 2);
    }
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

void AddSecret(DatabaseUrl& url, string_view secret) {
  if (secret.empty()) return;
  url.secrets.emplace_back(secret);
  if (auto decoded = PercentDecoded(secret); decoded != secret) {
    url.secrets.push_back(std::move(decoded));
  }
}

Result<Milliseconds> StatementLimit(const std::string& value) {
  std::int64_t limit = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
  if (error != std::errc() || end != value.data() + value.size() || limit <= 0) {
    return Invalid(fmt::format(
        "read DATABASE_URL: statement_timeout: expected milliseconds > 0, got {}", value));
  }
  return Milliseconds(limit);
}

Result<std::string> KeptQuery(DatabaseUrl& url, string_view query) {
  std::string kept;
  std::vector<std::string> names;
  for (const string_view pair : Split(query, '&')) {
    const auto equals = std::min(pair.find('='), pair.size());
    const std::string name = PercentDecoded(pair.substr(0, equals));
    const string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (name == "search_path" || name == "schema") {
      url.schemas = SchemaNames(PercentDecoded(value));
    } else if (name == "connect_timeout" && (value == "0" || value.starts_with('-'))) {
      continue;  // libpq's words for: for ever
    } else if (name == "statement_timeout") {
      TRY(url.statement_limit, StatementLimit(PercentDecoded(value)));
    } else if (!IsForeign(name)) {
      if (name == "password" || name == "sslpassword") AddSecret(url, value);
      kept += fmt::format("{}{}", kept.empty() ? "?" : "&", pair);
      names.push_back(name);
    }
  }
  for (const auto& [name, value] : kParameters) {
    if (std::ranges::find(names, name) != names.end()) continue;
    kept += fmt::format("{}{}={}", kept.empty() ? "?" : "&", name, value);
  }
  return kept;
}

Result<DatabaseUrl> ParsePostgres(string_view text, std::size_t scheme_size) {
  DatabaseUrl url;
  const auto query_at = std::min(text.find('?'), text.size());
  const string_view scheme = text.substr(0, scheme_size);
  const string_view rest = text.substr(scheme_size, query_at - scheme_size);
  const auto at = rest.rfind('@');
  if (at == string_view::npos && !rest.contains('/') && text.substr(query_at).contains('@')) {
    return Invalid("read DATABASE_URL: an unescaped ? in the user or password", "",
                   "write it as %3F");
  }
  const string_view userinfo = at == string_view::npos ? string_view() : rest.substr(0, at);
  if (userinfo.find_first_of("/@") != string_view::npos) {
    return Invalid("read DATABASE_URL: an unescaped / or @ in the user or password", "",
                   "write them as %2F and %40");
  }
  if (const auto colon = userinfo.find(':'); colon != string_view::npos) {
    AddSecret(url, userinfo.substr(colon + 1));
  }
  url.display = fmt::format("{}{}", scheme, at == string_view::npos ? rest : rest.substr(at + 1));
  const string_view query = text.substr(std::min(query_at + 1, text.size()));
  TRY(const std::string kept, KeptQuery(url, query));
  url.connect = fmt::format("{}{}{}", scheme, rest, kept);
  return url;
}

Result<DatabaseUrl> SqliteFile(string_view path) {
  if (path.empty() || path.find_first_of(string_view("\"\0", 2)) != string_view::npos) {
    return Invalid("read DATABASE_URL: no usable file name", std::string(path), std::string(kHint));
  }
  return DatabaseUrl{
      Backend::kSqlite, std::string(path), {}, fmt::format("{}{}", kSqliteScheme, path)};
}

// Where it stands as a value: in quotes, behind = or :, before & or @. A password may be a piece of
// any word.
void MaskValue(std::string& text, const std::string& secret) {
  constexpr string_view kBefore = "\"'=:", kAfter = "\"'&@ ", kMask = "***";
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    const auto end = at + secret.size();
    const bool begins = at > 0 && kBefore.contains(text[at - 1]);
    const bool ends = end == text.size() || kAfter.contains(text[end]);
    if (begins && ends) text.replace(at, secret.size(), kMask);
    at += begins && ends ? kMask.size() : 1;
  }
}

}  // namespace

Result<DatabaseUrl> ParseDatabaseUrl(string_view url) {
  const auto backend = BackendOf(url);
  if (!backend) {
    return Invalid("read DATABASE_URL: neither PostgreSQL nor SQLite", "", std::string(kHint));
  }
  if (*backend == Backend::kPostgres) return ParsePostgres(url, url.find("://") + 3);
  if (!url.starts_with(kSqliteScheme)) return SqliteFile(url);
  const string_view path = url.substr(kSqliteScheme.size());
  if (path.starts_with('/')) return SqliteFile(path);
  return Invalid("read DATABASE_URL: a sqlite URL needs an absolute path", "", std::string(kHint));
}

std::string Scrub(const DatabaseUrl& url, string_view message) {
  std::string text;
  for (const char c : message) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) text += c;
    if (blank && !text.empty() && text.back() != ' ') text += ' ';
  }
  while (text.ends_with(' ') || text.ends_with('.')) text.pop_back();
  const auto replace = [&](const std::string& from, string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  };
  if (url.backend == Backend::kPostgres) replace(url.connect, url.display);
  for (const auto& secret : url.secrets) MaskValue(text, secret);
  return text;
}

}  // namespace reprocess
