#include "api/paging.h"

#include <fmt/format.h>

#include "config/problems.h"
#include "config/value_text.h"

namespace reprocess {

Result<std::optional<std::uint64_t>> WholeOf(const Query& query, const char* name,
                                             std::uint64_t most) {
  const std::string* text = query.Find(name);
  if (text == nullptr) return std::nullopt;
  const auto value = ParseWhole(*text);
  if (value && *value <= most) return value;
  return Invalid(fmt::format("read {}: expected a whole number from 0 to {}, got {}", name, most,
                             Quoted(*text)));
}

Result<PageAsked> PageOf(const Query& query) {
  PageAsked page;
  TRY(const auto limit, WholeOf(query, "limit", kMostRows));
  if (limit == 0) return Invalid("read limit: expected at least 1");
  page.limit = static_cast<int>(limit.value_or(kUsualRows));
  if (const std::string* after = query.Find("after")) page.after = *after;
  return page;
}

}  // namespace reprocess
