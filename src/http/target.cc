#include "http/target.h"

#include <algorithm>
#include <ranges>

#include "base/percent_decoded.h"

namespace reprocess {
namespace {

// Of a decoded segment, in which there may be slashes.
bool Climbs(std::string_view segment) {
  return std::ranges::any_of(std::views::split(segment, '/'), [](const auto part) {
    return std::string_view(part.begin(), part.end()) == "..";
  });
}

}  // namespace

std::optional<RequestTarget> ParseTarget(std::string_view text) {
  const std::size_t end = std::min(text.find('?'), text.size());
  RequestTarget target{text.substr(0, end), text.substr(std::min(end + 1, text.size())), {}};
  if (!target.path.starts_with('/')) return std::nullopt;
  for (const auto part : std::views::split(target.path, '/')) {
    auto segment = StrictlyDecoded(std::string_view(part.begin(), part.end()));
    if (!segment || Climbs(*segment)) return std::nullopt;
    if (!segment->empty()) target.segments.push_back(*std::move(segment));
  }
  return target;
}

}  // namespace reprocess
