// What a request asks for: the path in its segments, and the query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reprocess {

struct RequestTarget {
  std::string_view path, query;       // as they were sent, without the `?`; of the text given
  std::vector<std::string> segments;  // decoded, without empty ones
};

// nullopt where the path does not begin at the root, climbs (`..`, encoded or not), or cannot be
// decoded.
std::optional<RequestTarget> ParseTarget(std::string_view text);

}  // namespace reprocess
