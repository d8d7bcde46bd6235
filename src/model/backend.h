// Which database DATABASE_URL names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace reprocess {

enum class Backend : std::uint8_t { kPostgres, kSqlite };

inline constexpr std::string_view kSqliteScheme = "sqlite://";

// By its scheme, or the end of a path; nullopt: neither.
constexpr std::optional<Backend> BackendOf(std::string_view url) {
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return Backend::kPostgres;
  if (url.starts_with(kSqliteScheme)) return Backend::kSqlite;
  const bool path = !url.contains("://") && (url.ends_with(".db") || url.ends_with(".sqlite"));
  return path ? std::optional(Backend::kSqlite) : std::nullopt;
}

}  // namespace reprocess
