#include "http/routes.h"

#include <optional>
#include <ranges>

namespace reprocess {
namespace {

using Segments = std::vector<std::string>;

constexpr std::string_view kRest = "{*}";

Segments PatternOf(std::string_view path) {
  Segments pattern;
  for (const auto part : std::views::split(path, '/')) {
    if (!part.empty()) pattern.emplace_back(part.begin(), part.end());
  }
  return pattern;
}

std::string Joined(const Segments& segments, std::size_t from) {
  std::string all = segments[from];
  for (std::size_t at = from + 1; at < segments.size(); ++at) all += '/' + segments[at];
  return all;
}

std::optional<Segments> Match(const Segments& pattern, const Segments& segments) {
  const bool rest = !pattern.empty() && pattern.back() == kRest;
  if (rest ? segments.size() < pattern.size() : segments.size() != pattern.size()) return {};
  Segments parts;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == kRest) {
      parts.push_back(Joined(segments, at));
    } else if (pattern[at].starts_with('{')) {
      parts.push_back(segments[at]);
    } else if (pattern[at] != segments[at]) {
      return {};
    }
  }
  return parts;
}

void Allow(std::string& allowed, const std::string& method) {
  if (!allowed.empty()) allowed += ", ";
  allowed += method == "GET" ? "GET, HEAD" : method;
}

}  // namespace

RouteTable::RouteTable(std::vector<HttpServer::Route> routes) {
  for (HttpServer::Route& route : routes) {
    Segments pattern = PatternOf(route.path);
    entries_.push_back({std::move(route), std::move(pattern)});
  }
}

RouteTable::Found RouteTable::Find(std::string_view method, const Segments& segments) const {
  Found found;
  for (const auto& [route, pattern] : entries_) {
    auto parts = Match(pattern, segments);
    if (!parts) continue;
    if (route.method == method) return {&route, *std::move(parts), {}};
    Allow(found.allowed, route.method);
  }
  return found;
}

}  // namespace reprocess
