#include "store/searches.h"

#include <fmt/format.h>

#include "base/hex_digit.h"

namespace reprocess {
namespace {

constexpr std::int64_t kKeptMs = std::int64_t{7} * 24 * 3600 * 1000;

}  // namespace

Result<std::string> GetSearch(Session& session, const Schema& schema, const std::string& name) {
  if (!schema.Has("searches")) return std::string();
  TRY(const auto rows,
      session.Select(fmt::format("SELECT {} FROM reprocessing_searches WHERE name = :name",
                                 fmt::format(fmt::runtime(session.dialect().hex), "state")),
                     1, {{"name", name}}));
  return rows.empty() ? std::string() : FromHex(rows.front().Text(0));
}

Result<void> PutSearch(Session& session, const Schema& schema, const std::string& name,
                       const std::string& state) {
  if (!schema.Has("searches")) return {};
  return session.InTransaction([&]() -> Result<void> {
    TRY_OK(session.Execute(
        fmt::format("DELETE FROM reprocessing_searches WHERE name = :name OR kept_ms < {} - :age",
                    session.dialect().now_ms),
        {{"name", name}, {"age", kKeptMs}}));
    TRY_OK(session.Execute(fmt::format("INSERT INTO reprocessing_searches (name, kept_ms, state) "
                                       "VALUES (:name, {}, :state)",
                                       session.dialect().now_ms),
                           {{"name", name}, {"state", Bytes{state}}}));
    return {};
  });
}

Result<void> DeleteSearch(Session& session, const Schema& schema, const std::string& name) {
  if (!schema.Has("searches")) return {};
  TRY_OK(session.Execute("DELETE FROM reprocessing_searches WHERE name = :name", {{"name", name}}));
  return {};
}

}  // namespace reprocess
