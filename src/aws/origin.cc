#include "aws/origin.h"

#include <algorithm>
#include <cctype>

namespace reprocess {

Origin OriginOf(std::string_view endpoint) {
  const auto scheme_end = endpoint.find("://");
  std::string_view rest = endpoint.substr(scheme_end + 3);
  const auto slash = rest.find('/');
  Origin origin{std::string(endpoint.substr(0, scheme_end)), std::string(rest.substr(0, slash)),
                slash == std::string_view::npos ? std::string() : std::string(rest.substr(slash))};
  const auto lower = [](unsigned char c) { return static_cast<char>(std::tolower(c)); };
  std::ranges::transform(origin.scheme, origin.scheme.begin(), lower);
  std::ranges::transform(origin.host, origin.host.begin(), lower);
  const std::string_view implied = origin.scheme == "https" ? ":443" : ":80";
  if (origin.host.ends_with(implied)) origin.host.erase(origin.host.size() - implied.size());
  while (origin.path.ends_with('/')) origin.path.pop_back();
  return origin;
}

}  // namespace reprocess
