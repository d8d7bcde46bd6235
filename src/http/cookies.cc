#include "http/cookies.h"

#include <ranges>

#include "base/trimmed.h"

namespace reprocess {

std::optional<std::string_view> CookieOf(const HttpServer::Request& request,
                                         std::string_view name) {
  const std::string* cookies = request.Find("cookie");
  if (!cookies) return std::nullopt;
  for (const auto part : std::views::split(*cookies, ';')) {
    const std::string_view pair = Trimmed(std::string_view(part.begin(), part.end()));
    const std::size_t end = pair.find('=');
    if (end != pair.npos && pair.substr(0, end) == name) return pair.substr(end + 1);
  }
  return std::nullopt;
}

}  // namespace reprocess
