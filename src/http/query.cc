#include "http/query.h"

#include <algorithm>
#include <ranges>

#include "base/percent_decoded.h"

namespace reprocess {

Query::Query(std::string_view text) {
  for (const auto part : std::views::split(text, '&')) {
    const std::string_view pair(part.begin(), part.end());
    const std::size_t end = std::min(pair.find('='), pair.size());
    auto name = StrictlyDecoded(pair.substr(0, end), Plus::kSpace);
    auto value = StrictlyDecoded(pair.substr(std::min(end + 1, pair.size())), Plus::kSpace);
    if (name && value && !name->empty()) pairs_.emplace_back(*std::move(name), *std::move(value));
  }
}

const std::string* Query::Find(std::string_view name) const {
  const auto found = std::ranges::find(
      pairs_, name, [](const auto& pair) -> std::string_view { return pair.first; });
  return found != pairs_.end() ? &found->second : nullptr;
}

std::vector<std::string> Query::All(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [of, value] : pairs_) {
    if (of == name) values.push_back(value);
  }
  return values;
}

}  // namespace reprocess
